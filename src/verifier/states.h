// SPDX-License-Identifier: Apache-2.0
//
// Several states, each in memory of its own: they are large, so they are handed on without being moved, and there is
// room for no more of them than there are.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "verifier/state.h"

namespace perdita::verifier {

class States {
  using Held = std::vector<std::unique_ptr<State>>;

  template <typename Of, typename Position>
  class Walk {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = State;
    using difference_type = std::ptrdiff_t;
    using pointer = Of*;
    using reference = Of&;

    Walk() = default;
    explicit Walk(Position at) : at_(at) {}
    Of& operator*() const { return **at_; }
    Of* operator->() const { return at_->get(); }
    Walk& operator++() {
      ++at_;
      return *this;
    }
    Walk operator++(int) { return Walk(at_++); }
    bool operator==(const Walk&) const = default;

   private:
    Position at_{};
  };

 public:
  using iterator = Walk<State, Held::iterator>;
  using const_iterator = Walk<const State, Held::const_iterator>;

  States() = default;
  States(std::initializer_list<State> states) {
    for (const State& state : states) add(state);
  }
  States(const States& other) {
    held_.reserve(other.size());
    for (const State& state : other) add(state);
  }
  States& operator=(const States& other) {
    if (this != &other) *this = States(other);
    return *this;
  }
  States(States&&) noexcept = default;
  States& operator=(States&&) noexcept = default;
  ~States() = default;

  iterator begin() { return iterator(held_.begin()); }
  iterator end() { return iterator(held_.end()); }
  const_iterator begin() const { return const_iterator(held_.begin()); }
  const_iterator end() const { return const_iterator(held_.end()); }
  size_t size() const { return held_.size(); }
  bool empty() const { return held_.empty(); }
  State& operator[](size_t i) { return *held_[i]; }
  const State& operator[](size_t i) const { return *held_[i]; }

  void add(State state) { held_.push_back(std::make_unique<State>(std::move(state))); }
  void add(std::unique_ptr<State> state) { held_.push_back(std::move(state)); }
  // Of that index; its place stays, and holds nothing.
  std::unique_ptr<State> take(size_t i) { return std::move(held_[i]); }
  template <typename Chosen>
  void erase_if(Chosen chosen) {
    std::erase_if(held_, [&chosen](const std::unique_ptr<State>& state) { return chosen(*state); });
  }

 private:
  Held held_;
};

}  // namespace perdita::verifier

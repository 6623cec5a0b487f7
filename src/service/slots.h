// SPDX-License-Identifier: Apache-2.0
//
// How many child processes may work at a time. Whoever finds no slot free waits a bounded time, then is told to come
// back later. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace perdita::service {

class Slots {
 public:
  explicit Slots(size_t count) : free_(count) {}

  // Holds a slot while it lives, if it got one.
  class Hold {
   public:
    Hold(Slots& slots, std::chrono::milliseconds patience) : slots_(slots), held_(slots.take(patience)) {}
    ~Hold() {
      if (held_) slots_.give();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    explicit operator bool() const { return held_; }

   private:
    Slots& slots_;
    bool held_;
  };

 private:
  bool take(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!given_.wait_for(lock, patience, [this] { return free_ > 0; })) return false;
    free_--;
    return true;
  }
  void give() {
    std::lock_guard lock(mutex_);
    free_++;
    given_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable given_;
  size_t free_;
};

}  // namespace perdita::service

// SPDX-License-Identifier: Apache-2.0
//
// Answers about a package: a status, and what it is about. Each function returns the status so that a check refuses in
// one line.
#pragma once

#include "isa/status.h"
#include "runtime/name.h"

namespace perdita::runtime {

class Report {
 public:
  explicit Report(perdita_report& out) : out_(out) { out_ = {}; }

  Status refuse(Status status, Text about) {
    copy_name(out_.name, about);
    return status;
  }
  Status refuse(Status status, Text about, uint64_t need, uint64_t have) {
    out_.need = need;
    out_.have = have;
    return refuse(status, about);
  }
  // What everything that follows is about unless it says otherwise.
  void about(Text name) { copy_name(out_.name, name); }
  void finish(Status status) { out_.status = static_cast<perdita_status>(status); }

 private:
  perdita_report& out_;
};

}  // namespace perdita::runtime

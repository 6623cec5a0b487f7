// SPDX-License-Identifier: Apache-2.0
//
// Our verifier's time against the kernel's, on programs that both accept, in one run and by turns.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace perdita::verifier {

// Gives `print` a row for each program of the objects in the folder (compiled for Linux) and for programs made to grow;
// where this process may not load programs, one row that says why.
void kernel_rows(const std::filesystem::path& objects, const std::filesystem::path& linux_platform,
                 const std::function<void(const std::string& name, nlohmann::json row)>& print);

}  // namespace perdita::verifier

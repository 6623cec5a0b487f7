// SPDX-License-Identifier: Apache-2.0
#include "diag/render.h"

#include <algorithm>

namespace perdita {
namespace {

constexpr const char* kRed = "\x1b[1;31m";
constexpr const char* kBold = "\x1b[1m";
constexpr const char* kPlain = "\x1b[0m";

void add_labelled(std::string& out, const char* label, const std::string& text) {
  if (text.empty()) return;
  out += std::string("  ") + label + " " + text + "\n";
}

// The source line with a caret below the column. Tabs before the column are kept so that the caret stands right.
void add_source(std::string& out, const Place& place) {
  if (place.source.empty()) return;
  std::string number = std::to_string(place.line);
  std::string margin(std::max<size_t>(6, number.size()), ' ');
  out += margin.substr(number.size()) + number + " | " + place.source + "\n";
  if (place.column == 0) return;
  std::string pad;
  for (size_t i = 0; i + 1 < place.column && i < place.source.size(); i++) pad += place.source[i] == '\t' ? '\t' : ' ';
  out += margin + " | " + pad + "^\n";
}

}  // namespace

std::string render(const Diagnostic& diagnostic, bool color) {
  const Place& place = diagnostic.place;
  std::string out;
  if (!place.file.empty()) {
    out += (color ? kBold : "") + place.file;
    if (place.line != 0) out += ":" + std::to_string(place.line);
    if (place.line != 0 && place.column != 0) out += ":" + std::to_string(place.column);
    out += std::string(": ") + (color ? kPlain : "");
  }
  out += std::string(color ? kRed : "") + "error:" + (color ? kPlain : "") + " " + diagnostic.message;
  if (!diagnostic.code.empty()) out += " [" + diagnostic.code + "]";
  out += "\n";
  add_source(out, place);
  if (place.instruction) add_labelled(out, "at:    ", "instruction " + std::to_string(*place.instruction));
  add_labelled(out, "needed:", diagnostic.need);
  add_labelled(out, "known: ", diagnostic.have);
  add_labelled(out, "help:  ", diagnostic.hint);
  return out;
}

}  // namespace perdita

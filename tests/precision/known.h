// SPDX-License-Identifier: Apache-2.0
//
// What is not yet as it should be among the programs of tests/precision. Both lists are to shrink.
#pragma once

#include <map>
#include <string>

namespace perdita::verifier::precision {

// Files whose program is safe and refused, and what the verifier would have to know. The test fails where one of them
// is accepted, so that the list stays true.
inline const std::map<std::string, std::string> kRefused = {};

// Programs whose bound is more than twice what the short search finds, and why.
inline const std::map<std::string, std::string> kLoose = {
    {"base64", "search: a length up to 48 in a field of 32 bits"},
    {"cobs_decode", "bound: every iteration but two of the same n writes a byte, and n < 256; all 1,472 bytes count"},
    {"cobs_encode", "search: a length up to 64 in a field of 32 bits"},
    {"commands_", "bound: a word cannot be like each of six commands to its last letter"},
    {"find_pattern", "bound: three bytes of four cannot match at every place of a packet"},
    {"find_text", "search: what the map's value holds is new at each read, so that long matches are rare"},
    {"ipv4_udp", "search: a whole header with protocol, port and lengths that agree"},
    {"modbus", "search: a frame whose last two bytes are the CRC of the six before"},
    {"mqtt_length", "search: four bytes with their top bit set, then a topic as long as they say"},
    {"protobuf", "search: sixteen fields with two numbers of ten bytes each"},
    {"retries", "search: four answers that are almost right"},
    {"tcp_options", "search: a header of 15 words that is there, and options of one byte"},
    {"tlv", "search: 64 records of tag 7, with two bytes each"},
    {"utf8", "bound: the inner loop takes bytes that the outer one then does not see"},
    {"word_table", "search: what the table holds is new at each read, so that it is seldom full"},
};

}  // namespace perdita::verifier::precision

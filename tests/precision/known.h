// SPDX-License-Identifier: Apache-2.0
//
// What is not yet as it should be among the programs of tests/precision. Both lists are to shrink.
#pragma once

#include <map>
#include <string>

namespace perdita::verifier::precision {

// Files whose program is safe and refused, and what the verifier would have to know. The test fails where one of them
// is accepted, so that the list stays true.
inline const std::map<std::string, std::string> kRefused = {
    {"at_command", "a loop that clang's jump threading made two entries for (irreducible), each way round moves p on"},
    {"base32", "5 n + bits = 8 i, so that what is written is at most what was asked for: n <= need <= room"},
    {"glob_match", "pattern[23] is 0, and p moves on only from a byte that is not: p <= 23; (t, p) grows or mark does"},
    {"huffman", "at < 8 * size means at / 8 < size; at goes up by one and is held against the end each time by !="},
    {"levenshtein", "n is k where k bytes were compared with the end, joined over all k; row is written up to n"},
    {"lwm2m_tlv", "in a loop: size - at >= n + m, and then at++ n times and m times, by loops of their own"},
    {"lzss_decode", "n + ~d, with d < n where the loop starts and both moved on by one, is from 0 to n - 1"},
    {"merge_lists", "(a | b) < 8 bounds both; n = a + b, so that all sixteen are written"},
    {"slip_encode", "need is 2 where the byte is END or ESC: which way the switch goes depends on the same byte"},
    {"union_find",
     "how root_of changes its result is the same at each of 240 calls: too many steps, 8 nodes are accepted"},
    {"xmodem_block", "w8 = w1 - 1, and w7 == w1 is from 1 to 16: so w8 is from 0 to 15"},
};

// Programs whose bound is more than twice what the short search finds, and why.
inline const std::map<std::string, std::string> kLoose = {
    {"arp_reply", "search: a whole ARP request for our address (84, the bound, with one)"},
    {"base64", "search: a length up to 48 in a field of 32 bits"},
    {"can_signals", "search: 122 frames of at most eight bytes each (16,850 of 18,188 with those)"},
    {"cobs_decode", "bound: every iteration but two of the same n writes a byte, and n < 256; all 1,472 bytes count"},
    {"cobs_encode", "search: a length up to 64 in a field of 32 bits"},
    {"commands_", "bound: a word cannot be like each of six commands to its last letter"},
    {"dhcp_options", "search: 616 options of an unknown code and no bytes (10,501 of 11,162 with those)"},
    {"dns_answers", "bound: the answers are where the questions have left bytes (8,777 of 17,595 by hand)"},
    {"find_pattern", "bound: three bytes of four cannot match at every place of a packet"},
    {"find_text", "search: what the map's value holds is new at each read, so that long matches are rare"},
    {"icmp_echo", "search: a request of the length of the whole buffer (1,697 of 1,702 with one)"},
    {"ipv4_udp", "search: a whole header with protocol, port and lengths that agree"},
    {"iso_date", "search: a date in the year 9999, each of its digits where it belongs"},
    {"modbus", "search: a frame whose last two bytes are the CRC of the six before"},
    {"modbus_ascii", "search: 64 pairs of hexadecimal digits (2,474 of 2,484 with those)"},
    {"mqtt_length", "search: four bytes with their top bit set, then a topic as long as they say"},
    {"mqtt_subscribe", "search: a subscription to 31 topics of one byte (1,418 of 1,523 with those)"},
    {"parse_settings", "bound: parse() takes bytes that the outer loop, which is followed exactly, does not see"},
    {"protobuf", "search: sixteen fields with two numbers of ten bytes each"},
    {"retries", "search: four answers that are almost right"},
    {"rle_encode",
     "bound: a run of one byte goes on where longer ones do, and what those have eaten is forgotten (1,865 of 83,106)"},
    {"tcp_options", "search: a header of 15 words that is there, and options of one byte"},
    {"tlv", "search: 64 records of tag 7, with two bytes each"},
    {"tls_records", "search: 245 records of one byte, all of a known type"},
    {"trie_words", "search: the one word of four that goes through the deepest of the trie (170 of 175 with it)"},
    {"utf8", "search: 368 characters of four bytes (18,037 of 19,753 with those)"},
    {"window_maximum", "bound: the first loop leaves fewer for the second, which the two bounds together do not know"},
    {"word_table", "search: what the table holds is new at each read, so that it is seldom full"},
};

}  // namespace perdita::verifier::precision

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one list of answers the device gives. Numbers travel in CoAP diagnostics and stay as they are:
 * append only. `docs/spec/status.md` says for each what it means and what to do.
 */
#ifndef PERDITA_STATUS_H
#define PERDITA_STATUS_H

/* X(name, number, short text) */
#define PERDITA_STATUS_LIST(X)                                                                \
  X(ok, 0, "done")                                                                            \
  /* reading bytes: wire */                                                                   \
  X(truncated, 1, "the input ends too early")                                                 \
  X(trailing_bytes, 2, "bytes follow the end of the input")                                   \
  X(not_canonical, 3, "the encoding is not the shortest, or not in order")                    \
  X(unexpected_type, 4, "another type of CBOR item is needed here")                           \
  X(unknown_key, 5, "a key that this version does not know")                                  \
  X(missing_key, 6, "a required key is missing")                                              \
  X(bad_value, 7, "a value outside its range")                                                \
  X(too_large, 8, "larger than this device takes")                                            \
  X(unsupported_version, 9, "a format version that this device does not read")                \
  /* trust: open */                                                                           \
  X(unknown_key_id, 16, "the signing key is not trusted here")                                \
  X(unsupported_algorithm, 17, "the signature algorithm is not supported")                    \
  X(bad_signature, 18, "the signature does not verify")                                       \
  X(digest_mismatch, 19, "a digest does not match its bytes")                                 \
  X(no_signature, 20, "nothing here is signed")                                               \
  X(wrong_vendor, 21, "the package is for another vendor")                                    \
  X(wrong_class, 22, "the package is for another class of device")                            \
  X(wrong_device, 23, "the package is for another device")                                    \
  X(old_sequence, 24, "the sequence number is not above the last one taken")                  \
  X(no_claim, 25, "the package carries no verifier's claim and this device demands one")      \
  X(claim_mismatch, 26, "the claim does not belong to this bytecode")                         \
  X(not_permitted, 27, "the signing key may not do this")                                     \
  X(no_author, 28, "no signature by a key that may author packages")                          \
  X(no_verifier, 29, "the claim is not signed by a verifier's key")                           \
  /* link and admission */                                                                    \
  X(unknown_hook, 40, "no such hook on this device")                                          \
  X(unknown_function, 41, "no such function on this device")                                  \
  X(unknown_helper, 42, "no such helper on this device")                                      \
  X(platform_differs, 43, "the device's hook, function or helper is not the one relied upon") \
  X(bad_instruction, 44, "an instruction that is not valid")                                  \
  X(bad_map, 45, "a map definition that this device does not support")                        \
  X(out_of_memory, 46, "it does not fit into the runtime's memory")                           \
  X(over_budget, 47, "the worst case exceeds the hook's budget")                              \
  X(wrong_target, 48, "the image is for another target")                                      \
  X(unknown_package, 49, "no such package is installed")                                      \
  X(unknown_program, 50, "no such program in the package")                                    \
  X(already_attached, 51, "the program is attached already")                                  \
  X(not_attached, 52, "the program is not attached")                                          \
  X(busy, 53, "the program is running now")                                                   \
  X(table_full, 54, "a table of fixed size is full")                                          \
  X(wrong_abi, 55, "the machine code keeps another calling convention than this device's")    \
  X(map_differs, 58, "the pinned map of this name is defined otherwise")                      \
  X(unknown_map, 59, "no such map in the package")                                            \
  X(map_refuses, 60, "the map does not take that")                                            \
  X(over_array, 61, "the program is not one that the program array declares")                 \
  X(bad_period, 63, "the hook does not run programs with that period")                        \
  /* execution: faults */                                                                     \
  X(bad_access, 64, "an access outside the memory the program may touch")                     \
  X(bad_argument, 65, "a call with an argument outside its contract")                         \
  X(bad_jump, 66, "a jump to what is no instruction")                                         \
  X(out_of_steps, 67, "more steps than allowed")                                              \
  X(out_of_stack, 68, "more stack or more frames than allowed")                               \
  X(read_only, 69, "a write to memory that may only be read")                                 \
  X(invalid_argument, 80, "an argument of the API is not valid")

enum perdita_status {
#define PERDITA_STATUS_ENUM(name, number, text) perdita_status_##name = number,
  PERDITA_STATUS_LIST(PERDITA_STATUS_ENUM)
#undef PERDITA_STATUS_ENUM
};
typedef enum perdita_status perdita_status;

#endif

// SPDX-License-Identifier: Apache-2.0
//
// The numbers of our SUIT profile, for its reader and its writer (docs/spec/package.md). Labels are those of
// draft-ietf-suit-manifest-34, section 11 (final serialisation).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace perdita::wire {

constexpr uint64_t kEnvelopeAuthentication = 2;
constexpr uint64_t kEnvelopeManifest = 3;
constexpr const char* kPayloadKey = "#prog";

constexpr uint64_t kManifestVersionKey = 1;
constexpr uint64_t kManifestSequence = 2;
constexpr uint64_t kManifestCommon = 3;
constexpr uint64_t kManifestValidate = 7;
constexpr uint64_t kManifestInvoke = 9;
constexpr uint64_t kManifestInstall = 20;
constexpr uint64_t kManifestVersion = 1;

constexpr uint64_t kCommonComponents = 2;
constexpr uint64_t kCommonSharedSequence = 4;

constexpr uint64_t kOverrideParameters = 20;
constexpr uint64_t kVendorId = 1;  // parameter and condition alike, as are the next two
constexpr uint64_t kClassId = 2;
constexpr uint64_t kDeviceId = 24;
constexpr uint64_t kImageDigest = 3;
constexpr uint64_t kImageSize = 14;
constexpr uint64_t kReportConditions = 15;  // reporting policy of every condition: all records

constexpr size_t kIdBytes = 16;
constexpr size_t kSignatureBytes = 64;

constexpr const char* kComponentRoot = "perdita";
constexpr const char* kComponentImage = "image";
constexpr const char* kComponentOrder = "order";

// Command sequences without a free part, as encoded.
// [ condition-image-match, 15 ]
constexpr uint8_t kValidateSequence[] = {0x82, 0x03, 0x0f};
// [ directive-invoke, 2 ]
constexpr uint8_t kInvokeSequence[] = {0x82, 0x17, 0x02};
// [ directive-override-parameters, { uri: "#prog" }, directive-fetch, 2, condition-image-match, 15 ]
constexpr uint8_t kInstallSequence[] = {0x86, 0x14, 0xa1, 0x15, 0x65, '#', 'p', 'r', 'o', 'g', 0x15, 0x02, 0x03, 0x0f};

constexpr uint64_t kOrderOperation = 1;
constexpr uint64_t kOrderProg = 2;
constexpr uint64_t kOrderMap = 6;
constexpr uint64_t kOrderKey = 7;
constexpr uint64_t kOrderValue = 8;
constexpr uint64_t kOrderFlags = 9;

}  // namespace perdita::wire

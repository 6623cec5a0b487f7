// SPDX-License-Identifier: Apache-2.0
#include "object/map_types.h"

#include <sodium/crypto_hash_sha256.h>

#include <algorithm>

#include "wire/cbor_writer.h"

namespace perdita::object {
namespace {

constexpr std::string_view kForm = "perdita-map";
constexpr uint64_t kFormVersion = 1;

Text view(std::string_view text) { return {text.data(), text.size()}; }

class FormWriter {
 public:
  FormWriter(const Btf& btf, MutableBytes buffer) : btf_(btf), writer_(buffer) {}

  void write(uint32_t key, uint32_t value) {
    writer_.array(4);
    writer_.text(view(kForm));
    writer_.unsigned_integer(kFormVersion);
    write_type(key);
    write_type(value);
  }
  size_t size() const { return writer_.size(); }
  bool too_long() const { return writer_.size() > kMaxTypesFormBytes; }

 private:
  // Types that do not end have no size and were refused; types that grow without end stop at the longest form.
  void write_type(uint32_t id) {
    if (too_long()) return;
    const Type& type = btf_.type(btf_.resolve(id));
    switch (type.kind) {
      case TypeKind::integer:
        begin(type, 3);
        writer_.unsigned_integer(type.size);
        writer_.boolean(type.is_signed);
        break;
      case TypeKind::floating:
        begin(type, 2);
        writer_.unsigned_integer(type.size);
        break;
      case TypeKind::array:
        begin(type, 3);
        writer_.unsigned_integer(type.elements);
        write_type(type.target);
        break;
      case TypeKind::structure:
      case TypeKind::union_type:
        write_members(type);
        break;
      case TypeKind::enumeration:
      case TypeKind::enumeration64:
        write_enumerators(type);
        break;
      case TypeKind::pointer:  // to what is no business of a map's
        begin(type, 1);
        break;
      default:
        writer_.null();
    }
  }

  void begin(const Type& type, uint64_t items) {
    writer_.array(items);
    writer_.unsigned_integer(static_cast<uint64_t>(type.kind));
  }

  void write_members(const Type& type) {
    begin(type, 3);
    writer_.unsigned_integer(type.size);
    writer_.array(type.members.size());
    for (const TypeMember& member : type.members) {
      writer_.array(4);
      writer_.text(view(member.name));
      writer_.unsigned_integer(member.bit_offset);
      writer_.unsigned_integer(member.bits);
      write_type(member.type);
    }
  }

  void write_enumerators(const Type& type) {
    writer_.array(4);
    writer_.unsigned_integer(static_cast<uint64_t>(TypeKind::enumeration));
    writer_.unsigned_integer(type.size);
    writer_.boolean(type.is_signed);
    writer_.array(type.enumerators.size());
    for (const TypeEnumerator& enumerator : type.enumerators) {
      writer_.array(2);
      writer_.text(view(enumerator.name));
      if (type.is_signed) {
        writer_.integer(static_cast<int64_t>(enumerator.value));
      } else {
        writer_.unsigned_integer(enumerator.value);
      }
    }
  }

  const Btf& btf_;
  wire::CborWriter writer_;
};

}  // namespace

std::optional<std::vector<uint8_t>> types_form(const Btf& btf, uint32_t key, uint32_t value) {
  FormWriter measure(btf, {});
  measure.write(key, value);
  if (measure.too_long()) return std::nullopt;
  std::vector<uint8_t> form(measure.size());
  FormWriter(btf, {form.data(), form.size()}).write(key, value);
  return form;
}

TypesDigest types_digest(const std::vector<uint8_t>& form) {
  uint8_t whole[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(whole, form.data(), form.size());
  TypesDigest digest;
  std::copy_n(whole, digest.size(), digest.begin());
  return digest;
}

}  // namespace perdita::object

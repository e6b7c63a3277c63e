#include "pipeline/file/decoder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"

namespace blockwatch {
namespace {

/// Where an input stands, and the words for what is wrong there.
class Position {
 public:
  Position(std::string input, Compression compression)
      : input_(std::move(input)), compression_(compression) {}

  void advance(std::size_t bytes) { at_ += bytes; }
  void begin_member() { member_ = at_; }

  tl::unexpected<Error> damaged(std::string_view why) const {
    return fail(ExitCode::state_damaged,
                fmt::format("input {}: damaged {} at byte {} ({}), in what begins at byte {}; what was read "
                            "before it is counted, nothing behind it can be: give the undamaged file",
                            input_, name_of(compression_), at_, why, member_));
  }
  tl::unexpected<Error> cut_off() const {
    return fail(ExitCode::temporary,
                fmt::format("input {}: cut off at byte {}: the {} data that begins at byte {} does not end; "
                            "give the whole file, which goes on where this one ended",
                            input_, at_, name_of(compression_), member_));
  }

 private:
  std::string input_;
  Compression compression_;
  std::uint64_t at_ = 0;
  std::uint64_t member_ = 0;
};

class PlainDecoder final : public Decoder {
 public:
  Expected<std::size_t> decode(std::string_view& in, char* out, std::size_t size) override {
    const std::size_t count = std::min(in.size(), size);
    if (count != 0) std::memcpy(out, in.data(), count);
    in.remove_prefix(count);
    return count;
  }
  Expected<void> finish() const override { return {}; }
};

class GzipDecoder final : public Decoder {
 public:
  explicit GzipDecoder(std::string input) : position_(std::move(input), Compression::gzip) {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    BW_CHECK(inflateInit2(&stream_, kGzipOnly) == Z_OK);
  }
  ~GzipDecoder() override { inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  Expected<std::size_t> decode(std::string_view& in, char* out, std::size_t size) override {
    std::size_t written = 0;
    while (written == 0) {
      if (!inside_) {
        if (in.empty()) return 0;
        position_.begin_member();
        BW_CHECK(inflateReset(&stream_) == Z_OK);
        inside_ = true;
      }
      const std::size_t offered = std::min<std::size_t>(in.size(), std::numeric_limits<uInt>::max());
      const std::size_t room = std::min<std::size_t>(size, std::numeric_limits<uInt>::max());
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
      stream_.avail_in = static_cast<uInt>(offered);
      stream_.next_out = reinterpret_cast<Bytef*>(out);
      stream_.avail_out = static_cast<uInt>(room);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t taken = offered - stream_.avail_in;
      written = room - stream_.avail_out;
      in.remove_prefix(taken);
      position_.advance(taken);
      if (result == Z_STREAM_END) {
        inside_ = false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return position_.damaged(stream_.msg == nullptr ? zError(result) : stream_.msg);
      } else if (taken == 0 && written == 0) {
        return 0;
      }
    }
    return written;
  }

  Expected<void> finish() const override {
    if (inside_) return position_.cut_off();
    return {};
  }

 private:
  z_stream stream_{};
  Position position_;
  bool inside_ = false;
};

class ZstdDecoder final : public Decoder {
 public:
  explicit ZstdDecoder(std::string input)
      : stream_(ZSTD_createDStream(), &ZSTD_freeDStream), position_(std::move(input), Compression::zstd) {
    BW_CHECK(stream_ != nullptr);
  }

  Expected<std::size_t> decode(std::string_view& in, char* out, std::size_t size) override {
    ZSTD_outBuffer to{out, size, 0};
    while (to.pos == 0) {
      if (!inside_) {
        if (in.empty()) return 0;
        position_.begin_member();
      }
      ZSTD_inBuffer from{in.data(), in.size(), 0};
      const std::size_t left = ZSTD_decompressStream(stream_.get(), &to, &from);
      in.remove_prefix(from.pos);
      position_.advance(from.pos);
      if (ZSTD_isError(left) != 0) return position_.damaged(ZSTD_getErrorName(left));
      inside_ = left != 0;
      if (inside_ && from.pos == 0 && to.pos == 0) return 0;
    }
    return to.pos;
  }

  Expected<void> finish() const override {
    if (inside_) return position_.cut_off();
    return {};
  }

 private:
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  Position position_;
  bool inside_ = false;
};

}  // namespace

Compression compression_of(std::string_view first) {
  if (first.starts_with("\x1F\x8B")) return Compression::gzip;
  if (first.size() < kMagicBytes) return Compression::none;
  const bool frame = first.starts_with("\x28\xB5\x2F\xFD");
  const bool skippable =
      (static_cast<unsigned char>(first[0]) & 0xF0U) == 0x50U && first.substr(1).starts_with("\x2A\x4D\x18");
  return frame || skippable ? Compression::zstd : Compression::none;
}

std::string_view name_of(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "Zstandard";
    case Compression::none:
      break;
  }
  return "plain";
}

std::unique_ptr<Decoder> make_decoder(Compression compression, std::string input) {
  switch (compression) {
    case Compression::gzip:
      return std::make_unique<GzipDecoder>(std::move(input));
    case Compression::zstd:
      return std::make_unique<ZstdDecoder>(std::move(input));
    case Compression::none:
      break;
  }
  return std::make_unique<PlainDecoder>();
}

}  // namespace blockwatch

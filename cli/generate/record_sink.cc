#include "cli/generate/record_sink.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "pipeline/kafka/topic_writer.h"

namespace blockwatch {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdout) static_cast<void>(std::fclose(file));
  }
};

// A file written in large pieces.
class Lines {
 public:
  Lines(std::FILE* file, std::string name) : file_(file), name_(std::move(name)) {}

  Expected<void> add(std::string_view line) {
    buffer_ += line;
    buffer_ += '\n';
    return buffer_.size() < kBufferBytes ? Expected<void>{} : flush();
  }
  Expected<void> flush() {
    const bool written = std::fwrite(buffer_.data(), 1, buffer_.size(), file_.get()) == buffer_.size();
    buffer_.clear();
    if (written && std::fflush(file_.get()) == 0) return {};
    return fail(ExitCode::temporary, "cannot write " + name_ + ": " + std::strerror(errno));
  }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{1} << 18U;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::string name_;
  std::string buffer_;
};

class StdoutSink : public RecordSink {
 public:
  Expected<void> write(const GeneratedRecord& record) override { return lines_.add(record.payload); }
  Expected<void> finish() override { return lines_.flush(); }

 private:
  Lines lines_{stdout, "standard output"};
};

class FolderSink : public RecordSink {
 public:
  Expected<void> open(const std::string& dir, std::uint32_t partitions) {
    std::error_code error;
    std::filesystem::create_directories(dir, error);
    if (error) return fail(ExitCode::temporary, "cannot create the folder " + dir + ": " + error.message());
    for (std::uint32_t partition = 0; partition < partitions; ++partition) {
      const std::string stem = dir + "/p" + std::to_string(partition);
      if (auto ok = add(stem + ".ndjson", payloads_); !ok) return ok;
      if (auto ok = add(stem + ".ts", times_); !ok) return ok;
    }
    return {};
  }
  Expected<void> write(const GeneratedRecord& record) override {
    if (auto ok = payloads_[record.partition].add(record.payload); !ok) return ok;
    return times_[record.partition].add(std::to_string(record.broker_time / kMillisecond));
  }
  Expected<void> finish() override {
    for (auto* files : {&payloads_, &times_}) {
      for (Lines& file : *files) {
        if (auto ok = file.flush(); !ok) return ok;
      }
    }
    return {};
  }

 private:
  static Expected<void> add(const std::string& name, std::vector<Lines>& to) {
    std::FILE* file = std::fopen(name.c_str(), "we");
    if (file == nullptr)
      return fail(ExitCode::temporary, "cannot create " + name + ": " + std::strerror(errno));
    to.emplace_back(file, name);
    return {};
  }

  std::vector<Lines> payloads_, times_;
};

class TopicSink : public RecordSink {
 public:
  explicit TopicSink(std::unique_ptr<TopicWriter> writer) : writer_(std::move(writer)) {}
  Expected<void> write(const GeneratedRecord& record) override {
    return writer_->write(record.partition, record.key, record.payload, record.broker_time);
  }
  Expected<void> finish() override { return writer_->flush(); }

 private:
  std::unique_ptr<TopicWriter> writer_;
};

}  // namespace

std::unique_ptr<RecordSink> make_stdout_sink() {
  return std::make_unique<StdoutSink>();
}

Expected<std::unique_ptr<RecordSink>> make_folder_sink(const std::string& dir, std::uint32_t partitions) {
  auto sink = std::make_unique<FolderSink>();
  if (auto ok = sink->open(dir, partitions); !ok) return tl::unexpected(ok.error());
  return sink;
}

Expected<std::unique_ptr<RecordSink>> make_topic_sink(const std::string& bootstrap_servers,
                                                      const std::string& topic, std::uint32_t partitions) {
  auto writer = make_topic_writer(bootstrap_servers, topic, partitions);
  if (!writer) return tl::unexpected(writer.error());
  return std::make_unique<TopicSink>(std::move(*writer));
}

}  // namespace blockwatch

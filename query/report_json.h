// The contract's JSON of a report, made while it is sent: a report by ORI has hundreds of megabytes of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "query/report.h"

namespace blockwatch {

/// One line. Thread: one.
class ReportJson {
 public:
  explicit ReportJson(Report report);

  /// Bytes of all of it.
  std::size_t size() const { return size_; }
  /// Writes the next bytes, at most `room`; how many. 0: that was all.
  std::size_t read(char* out, std::size_t room);

 private:
  /// Rows with the same labels and figures, written by hand. A label and the name of a figure look the same
  /// in each row, so that it is made once.
  class Rows {
   public:
    Rows(const std::vector<std::string>& by, const std::vector<std::vector<std::string>>& labels,
         const std::vector<std::string>& figures);
    std::size_t size_max() const { return size_max_; }
    /// The bytes of a row are those of its labels and of its figures.
    std::size_t size_of_labels(const ReportRow& row) const;
    std::size_t size_of_figures(const Figures& figures) const;
    /// Where there is room for size_max().
    char* write(const ReportRow& row, const Figures& figures, char* out) const;

   private:
    std::vector<std::vector<std::string>> members_;  // of each of `by`, by place: "agency":"ice",
    std::vector<std::string> figures_;               // "requests":  ,"answered":
    std::size_t size_of_names_ = 0, size_max_ = 0;   // bytes
  };

  static std::string text_of(const Rows& rows, const std::vector<std::pair<ReportRow, Figures>>& list);
  /// Of the next row, with the comma before it. Where there is room.
  char* write_next(char* out);

  Report report_;
  Rows rows_;
  std::string pending_;  // what is written before the next row, from pending_from_ on
  std::size_t pending_from_ = 0;
  std::size_t next_row_ = 0;
  std::string tail_;  // behind the rows; empty once it is pending
  std::size_t size_ = 0;
};

}  // namespace blockwatch

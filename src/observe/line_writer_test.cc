#include "observe/line_writer.h"

#include <array>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sealpost::observe {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends[0]);
    close_write();
  }
  void close_write() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  std::string read_all() {
    close_write();
    std::string out;
    std::array<char, 4096> buffer{};
    for (ssize_t n; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
      out.append(buffer.data(), static_cast<std::size_t>(n));
    return out;
  }
  std::array<int, 2> ends{};
};

TEST(LineWriter, WritesEverythingBufferedBeforeItStops) {
  Pipe pipe;
  LineWriter writer({.descriptor = pipe.ends[1], .dropped_line = {}});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(writer.write("line " + std::to_string(i) + "\n"));
  writer.stop();
  const std::string out = pipe.read_all();
  EXPECT_TRUE(out.starts_with("line 0\nline 1\n"));
  EXPECT_TRUE(out.ends_with("line 98\nline 99\n"));
}

TEST(LineWriter, DropsAndCountsWhenTheReaderIsStuckAndNeverWaits) {
  Pipe pipe;
  ASSERT_GE(::fcntl(pipe.ends[1], F_SETPIPE_SZ, 4096), 4096);
  LineWriter writer({.descriptor = pipe.ends[1], .octets_max = 8192, .dropped_line = [](std::uint64_t count) {
                       return "dropped " + std::to_string(count) + "\n";
                     }});
  const std::string line = std::string(1023, 'x') + "\n";
  int written = 0;
  int dropped = 0;
  for (int i = 0; i < 1000; ++i) (writer.write(line) ? written : dropped) += 1;
  EXPECT_GT(dropped, 0);
  std::string out;
  std::thread reader([&] {
    std::array<char, 4096> buffer{};
    for (ssize_t n; (n = ::read(pipe.ends[0], buffer.data(), buffer.size())) > 0;)
      out.append(buffer.data(), static_cast<std::size_t>(n));
  });
  writer.stop();
  pipe.close_write();
  reader.join();
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = out.find(line, at)) != std::string::npos; at += line.size()) ++lines;
  EXPECT_EQ(lines, static_cast<std::size_t>(written));
  std::uint64_t told = 0;
  constexpr std::string_view kDropped = "dropped ";
  for (std::size_t at = 0; (at = out.find(kDropped, at)) != std::string::npos; at += kDropped.size()) {
    told += std::stoull(out.substr(at + kDropped.size()));
  }
  EXPECT_EQ(told, static_cast<std::uint64_t>(dropped));
}

TEST(LineWriter, KeepsLinesOfManyThreadsWhole) {
  Pipe pipe;
  std::string out;
  std::thread reader([&] {
    std::array<char, 65536> buffer{};
    for (ssize_t n; (n = ::read(pipe.ends[0], buffer.data(), buffer.size())) > 0;)
      out.append(buffer.data(), static_cast<std::size_t>(n));
  });
  {
    LineWriter writer({.descriptor = pipe.ends[1], .dropped_line = {}});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&writer, t] {
        for (int i = 0; i < 1000; ++i) writer.write(std::string(20, static_cast<char>('a' + t)) + "\n");
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  pipe.close_write();
  reader.join();
  ASSERT_EQ(out.size(), 4U * 1000U * 21U);
  for (std::size_t at = 0; at < out.size(); at += 21) {
    const std::string_view line = std::string_view(out).substr(at, 21);
    EXPECT_EQ(line, std::string(20, line[0]) + "\n");
  }
}

}  // namespace
}  // namespace sealpost::observe

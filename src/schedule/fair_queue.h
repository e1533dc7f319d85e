// FairQueue: what waits for one destination, a turn for every account. An account that sends a hundred thousand
// messages does not make another one wait for them. Pure.
#pragma once
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sealpost::schedule {

template <class Item>
class FairQueue {
 public:
  void push_back(std::string_view account, Item item) {
    turn_of(account)->items.push_back(std::move(item));
    ++size_;
  }
  /// For what was taken but could not be used.
  void push_front(std::string_view account, Item item) {
    turn_of(account)->items.push_front(std::move(item));
    ++size_;
  }

  /// The oldest item of the account whose turn it is.
  std::optional<Item> pop() {
    if (turns_.empty()) return std::nullopt;
    const auto turn = turns_.begin();
    Item item = std::move(turn->items.front());
    turn->items.pop_front();
    --size_;
    if (turn->items.empty())
      retire(turn);
    else
      turns_.splice(turns_.end(), turns_, turn);
    return item;
  }

  /// Everything, in the order in which pop() would give it.
  std::vector<Item> take_all() {
    std::vector<Item> all;
    all.reserve(size_);
    while (auto item = pop()) all.push_back(std::move(*item));
    return all;
  }

  /// Whether one more of this account is welcome when about `size_max` may wait in all. Beyond that an account still
  /// gets its equal share, so that one that came late is not shut out by those who filled the queue.
  bool has_room_for(std::string_view account, std::size_t size_max) const {
    if (size_ < size_max) return true;
    const auto found = index_.find(account);
    const std::size_t own = found == index_.end() ? 0 : found->second->items.size();
    return own < size_max / (turns_.size() + 1);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  struct Turn {
    std::string account;
    std::deque<Item> items;
  };
  using Turns = std::list<Turn>;
  // Emptied turns are kept for the next account: a queue that runs empty after every message would allocate for each
  // one.
  static constexpr std::size_t kSpareMax = 8;

  typename Turns::iterator turn_of(std::string_view account) {
    if (const auto found = index_.find(account); found != index_.end()) return found->second;
    if (spare_.empty())
      turns_.emplace_back();
    else
      turns_.splice(turns_.end(), spare_, spare_.begin());
    const auto turn = std::prev(turns_.end());
    turn->account = account;
    index_.emplace(turn->account, turn);  // the key is a view into the turn, which does not move while it is indexed
    return turn;
  }

  void retire(typename Turns::iterator turn) {
    index_.erase(turn->account);
    if (spare_.size() < kSpareMax)
      spare_.splice(spare_.end(), turns_, turn);
    else
      turns_.erase(turn);
  }

  Turns turns_;
  Turns spare_;
  std::unordered_map<std::string_view, typename Turns::iterator> index_;
  std::size_t size_ = 0;
};

}  // namespace sealpost::schedule

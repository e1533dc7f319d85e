#include "queue/connection_share.h"

#include <gtest/gtest.h>

namespace sealpost::queue {
namespace {

/// Wants as many as it is told.
struct Destination : ConnectionShare::Claimant {
  explicit Destination(ConnectionShare& its_share) : share(its_share) { share.join(*this); }
  bool wants_connection() const override { return open < wanted; }
  std::size_t connections() const override { return open; }
  void dispatch() override {
    while (wants_connection() && share.take(*this)) ++open;
  }
  bool dismiss_idle() override {
    if (idle == 0) return false;
    --idle;
    ++dismissed;
    return true;
  }
  void want(std::size_t count) {
    wanted = count;
    dispatch();
  }
  void close_one() {
    share.leave();
    --open;
    share.give_back(*this);
    dispatch();
  }

  ConnectionShare& share;
  std::size_t wanted = 0, open = 0, idle = 0, dismissed = 0;
};

TEST(ConnectionShare, GivesAsManyPlacesAsThereAreAndNotOneMore) {
  ConnectionShare share(3);
  Destination one(share), two(share);
  one.want(2);
  two.want(1);
  EXPECT_EQ(one.open + two.open, 3);
  two.want(2);
  EXPECT_EQ(two.open, 1);
}

TEST(ConnectionShare, PlacesGoToThoseWhoWaitInTheOrderInWhichTheyBegan) {
  ConnectionShare share(2);
  Destination one(share), two(share), three(share);
  one.want(9);
  three.want(9);
  two.want(9);
  one.close_one();  // one itself, which waits for its third, has just had a turn
  EXPECT_EQ(three.open, 1);
  one.close_one();
  EXPECT_EQ(two.open, 1);
  two.close_one();  // three waits since it got its first, one since it lost its last
  EXPECT_EQ(three.open, 2);
  three.close_one();
  EXPECT_EQ(one.open, 1);
}

TEST(ConnectionShare, AnIdleConnectionIsDismissedForWhoBeginsToWait) {
  ConnectionShare share(2);
  Destination one(share), two(share);
  one.want(2);
  one.idle = 2;
  one.wanted = 0;
  two.want(1);
  EXPECT_EQ(one.dismissed, 1);
  two.dispatch();
  EXPECT_EQ(one.dismissed, 1);
}

TEST(ConnectionShare, OnlyAsManyGiveWayAsWait) {
  ConnectionShare share(4);
  Destination one(share), two(share);
  one.want(4);
  EXPECT_FALSE(share.is_wanted_from(one));
  two.want(2);
  EXPECT_TRUE(share.is_wanted_from(one));
  EXPECT_TRUE(share.is_wanted());
  share.leave();
  EXPECT_FALSE(share.is_wanted_from(one));
  EXPECT_FALSE(share.is_wanted());
}

TEST(ConnectionShare, NobodyGivesWayToADestinationWithAsManyOrOneFewer) {
  ConnectionShare share(5);
  Destination one(share), two(share);
  two.want(2);
  one.want(9);
  EXPECT_EQ(one.open, 3);
  two.want(9);
  EXPECT_FALSE(share.is_wanted_from(one));
  EXPECT_FALSE(share.is_wanted_from(two));
  two.close_one();
  EXPECT_EQ(one.open, 4);
  EXPECT_TRUE(share.is_wanted_from(one));
}

TEST(ConnectionShare, NobodyGivesWayToWhoWantsNoMore) {
  ConnectionShare share(2);
  Destination one(share), two(share);
  one.want(2);
  two.want(1);
  two.wanted = 0;
  EXPECT_FALSE(share.is_wanted());
  EXPECT_FALSE(share.is_wanted_from(one));
  one.close_one();
  EXPECT_EQ(two.open, 0);
  one.want(2);
  EXPECT_EQ(one.open, 2);
}

}  // namespace
}  // namespace sealpost::queue

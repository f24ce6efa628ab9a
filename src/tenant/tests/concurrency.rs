//! Many at once, about one resource: whatever the order, it is one order.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use super::client::{Answer, Asker, Client};

const MANY: usize = 24;

/// The answers to the same request, sent by many at the same moment.
fn at_once(asker: &Asker, ask: impl Fn(&Asker) -> Answer + Sync) -> Vec<Answer> {
    let barrier = Barrier::new(MANY);
    thread::scope(|scope| {
        let asked = |_| {
            scope.spawn(|| {
                barrier.wait();
                ask(asker)
            })
        };
        let asking: Vec<_> = (0..MANY).map(asked).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn k09_many_wrong_passcodes_at_once_are_counted_one_by_one() {
    let client = Client::new();
    let auth = client.begin("/users/totp", "OTP_REQUIRED");
    let answers = at_once(&client.asker(), |asker| asker.act(&auth, "otp.check", &json!({ "otp": "000000" })));
    let mut remaining: Vec<i64> =
        answers.iter().filter_map(|answer| answer.at("/details/0/innerError/attemptsRemaining").as_i64()).collect();
    remaining.sort_unstable();
    assert_eq!(remaining, [0, 1, 2], "no attempt is lost, and none is counted twice");
    assert!(answers.iter().all(|answer| (400..500).contains(&answer.status)));
    client.read(&auth).says("200 FAILED");
}

#[test]
fn k09_one_passcode_sent_by_many_at_once_completes_once() {
    let client = Client::new();
    for _ in 0..5 {
        let auth = client.begin("/user", "OTP_REQUIRED");
        let otp = json!({ "otp": client.otp("anna") });
        let answers = at_once(&client.asker(), |asker| asker.act(&auth, "otp.check", &otp));
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        client.read(&auth).says("200 COMPLETED");
    }
}

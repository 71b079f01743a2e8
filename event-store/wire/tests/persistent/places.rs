//! Where groups begin, what of the log they get, links.

use eventstore_wire::protocol::persistent_subscriptions::create_req::all_options::FilterOptions;
use eventstore_wire::protocol::persistent_subscriptions::create_req::all_options::filter_options::{
    Expression, Filter, Window,
};

use crate::support::{From, Running, Wanted, ids};

#[tokio::test]
async fn a_group_begins_at_the_revision_it_names_or_behind_what_was_there() {
    let running = Running::start().await;
    let appended = running.append("orders", 4).await;
    running.create(&Wanted::new("orders", "at").from(From::At(2))).await.unwrap();
    running.create(&Wanted::new("orders", "end").from(From::End)).await.unwrap();
    // Nobody consumes yet; what is appended now is not lost.
    let new = running.append("orders", 1).await;
    let mut at = running.consume("orders", "at", 10).await;
    assert_eq!(ids(&at.take(3).await), [appended[2], appended[3], new[0]]);
    let mut end = running.consume("orders", "end", 10).await;
    assert_eq!(end.next().await.id, new[0]);
    assert_eq!(running.info("orders", "end").await.unwrap().start_from, "-1");
    assert_eq!(running.info("orders", "at").await.unwrap().start_from, "2");
}

#[tokio::test]
async fn a_group_may_wait_for_a_stream_that_is_not_there_yet() {
    let running = Running::start().await;
    running.create(&Wanted::new("orders", "g").from(From::End)).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    let new = running.append("orders", 1).await;
    assert_eq!(consumer.next().await.id, new[0]);
}

fn filter(filter: Filter) -> Option<FilterOptions> {
    Some(FilterOptions {
        filter: Some(filter),
        window: Some(Window::Max(32)),
        checkpoint_interval_multiplier: 1,
    })
}

#[tokio::test]
async fn a_group_over_the_log_gets_what_passes_its_filter_from_its_position_on() {
    let running = Running::start().await;
    running.append("order-1", 2).await;
    running.append("other-1", 2).await;
    let third = running.append_one("order-2", "placed", "{}").await;
    let prefixes = Expression { regex: String::new(), prefix: vec!["order-".to_owned()] };
    let mut by_stream = Wanted::new("$all", "by-stream").from(From::At(2));
    by_stream.filter = filter(Filter::StreamIdentifier(prefixes));
    running.create(&by_stream).await.unwrap();
    let regex = Expression { regex: "^pla.ed$".to_owned(), prefix: Vec::new() };
    let mut by_type = Wanted::new("$all", "by-type");
    by_type.filter = filter(Filter::EventType(regex));
    running.create(&by_type).await.unwrap();
    let mut consumer = running.consume("$all", "by-stream", 10).await;
    let got = consumer.take(2).await;
    assert_eq!((got[0].commit, got[1].commit, got[1].id), (2, 5, third));
    let mut consumer = running.consume("$all", "by-type", 10).await;
    let got = consumer.next().await;
    assert_eq!((got.id, got.stream.as_str()), (third, "order-2"));
    consumer.ack(&[got.id]).await;
    let awaited = |place: &str| place.starts_with("C:") && place != "C:0/P:0";
    running
        .info_when("$all", "by-type", |info| awaited(&info.last_checkpointed_event_position))
        .await;
    let info = running.info("$all", "by-type").await.unwrap();
    assert_eq!((info.event_source.as_str(), info.start_from.as_str()), ("$all", "C:0/P:0"));
    let known = info.last_known_event_position.strip_prefix("C:").and_then(|place| {
        let (commit, prepare) = place.split_once("/P:")?;
        (commit == prepare).then(|| commit.parse::<u64>().ok()).flatten()
    });
    assert!(known.is_some_and(|known| known >= 5), "{info:?}");
    assert_eq!(running.info("$all", "by-stream").await.unwrap().start_from, "C:2/P:2");
}

#[tokio::test]
async fn groups_over_the_log_do_not_get_what_groups_write_about_themselves() {
    let running = Running::start().await;
    running.create(&Wanted::new("$all", "a").from(From::End)).await.unwrap();
    running.create(&Wanted::new("$all", "b").from(From::End)).await.unwrap();
    let (mut a, mut b) =
        (running.consume("$all", "a", 10).await, running.consume("$all", "b", 10).await);
    for _ in 0..3 {
        running.append("orders", 1).await;
        for consumer in [&mut a, &mut b] {
            let got = consumer.next().await;
            assert_eq!(got.stream, "orders", "nothing in between");
            consumer.ack(&[got.id]).await;
        }
    }
}

#[tokio::test]
async fn resolved_links_come_with_their_events_and_are_acknowledged_by_their_own_ids() {
    let running = Running::start().await;
    let appended = running.append("orders", 1).await;
    let link = running.append_one("links", "$>", "0@orders").await;
    let nowhere = running.append_one("links", "$>", "7@orders").await;
    let wanted = Wanted::new("links", "g").with(|settings| settings.resolve_links = true);
    running.create(&wanted).await.unwrap();
    running.create(&Wanted::new("links", "plain")).await.unwrap();
    let mut consumer = running.consume("links", "g", 1).await;
    let got = consumer.next().await;
    assert_eq!((got.id, got.event, got.is_link), (link, Some(appended[0]), true));
    consumer.ack(&[link]).await;
    let got = consumer.next().await;
    assert_eq!((got.id, got.event, got.is_link), (nowhere, None, true));
    let mut plain = running.consume("links", "plain", 1).await;
    let got = plain.next().await;
    assert_eq!((got.id, got.event, got.is_link), (link, Some(link), false));
}

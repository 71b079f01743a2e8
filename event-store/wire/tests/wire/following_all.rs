use eventstore_wire::protocol::streams::read_req::options::filter_options::Filter;
use eventstore_wire::protocol::streams::read_resp::Content;
use futures_util::future::join_all;
use tonic::Code;

use crate::requests::{
    Expected, From, append, append_typed, backwards, filtered, follow_all, number_of, prefixes,
    read,
};
use crate::support::{Running, event, next};

#[tokio::test]
async fn the_log_is_followed_from_behind_the_position_given() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1, 2, 3]).await.unwrap();
    let mut followed = client.read(read(follow_all(From::At(2)))).await.unwrap().into_inner();
    assert!(matches!(next(&mut followed).await, Content::Confirmation(_)));
    assert_eq!(number_of(event(next(&mut followed).await).id.as_ref()), 3);
    let Content::CaughtUp(caught_up) = next(&mut followed).await else { panic!("not caught up") };
    assert_eq!(caught_up.position.unwrap().commit_position, 3);
    assert_eq!(caught_up.stream_revision, None);
    append(&mut client, "orders-2", Expected::Any, [4]).await.unwrap();
    assert_eq!(event(next(&mut followed).await).commit_position, 4);
}

#[tokio::test]
async fn following_from_the_end_sees_everything_appended_after_the_confirmation() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1, 2, 3]).await.unwrap();
    let mut followed = client.read(read(follow_all(From::End))).await.unwrap().into_inner();
    assert!(matches!(next(&mut followed).await, Content::Confirmation(_)));
    append(&mut client, "orders-2", Expected::Any, [4, 5]).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        if let Content::Event(found) = next(&mut followed).await {
            seen.push(number_of(found.event.unwrap().id.as_ref()));
        }
    }
    assert_eq!(seen, [4, 5]);
}

#[tokio::test]
async fn following_from_the_end_is_caught_up_at_once_also_in_an_empty_log() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let filter = Filter::StreamIdentifier(prefixes(&["orders-"]));
    let mut empty = client.read(read(follow_all(From::Start))).await.unwrap().into_inner();
    assert!(matches!(next(&mut empty).await, Content::Confirmation(_)));
    let Content::CaughtUp(caught_up) = next(&mut empty).await else { panic!("not caught up") };
    assert_eq!(caught_up.position, None, "there is no position yet");
    let request = read(filtered(follow_all(From::Start), filter.clone(), 5, 2));
    let mut empty = client.read(request).await.unwrap().into_inner();
    assert!(matches!(next(&mut empty).await, Content::Confirmation(_)));
    assert!(matches!(next(&mut empty).await, Content::CaughtUp(_)), "no checkpoint at 0");
    append(&mut client, "orders-1", Expected::Any, [1, 2]).await.unwrap();
    let request = read(filtered(follow_all(From::End), filter.clone(), 5, 2));
    let mut end = client.read(request).await.unwrap().into_inner();
    assert!(matches!(next(&mut end).await, Content::Confirmation(_)));
    assert!(matches!(next(&mut end).await, Content::Checkpoint(at) if at.commit_position == 2));
    let Content::CaughtUp(caught_up) = next(&mut end).await else { panic!("not caught up") };
    assert_eq!(caught_up.position.unwrap().commit_position, 2);
    let request = read(filtered(follow_all(From::At(9)), filter, 5, 2));
    let mut beyond = client.read(request).await.unwrap().into_inner();
    assert!(matches!(next(&mut beyond).await, Content::Confirmation(_)));
    assert!(
        matches!(next(&mut beyond).await, Content::CaughtUp(_)),
        "no checkpoint at a position that a later event gets"
    );
}

#[tokio::test]
async fn a_filtered_subscription_says_how_far_it_is_though_nothing_passes() {
    let running = Running::start().await;
    let mut client = running.client().await;
    for number in 1..=25 {
        append(&mut client, "noise-1", Expected::Any, [number]).await.unwrap();
    }
    let filter = Filter::StreamIdentifier(prefixes(&["orders-"]));
    let request = read(filtered(follow_all(From::Start), filter, 5, 2));
    let mut followed = client.read(request).await.unwrap().into_inner();
    assert!(matches!(next(&mut followed).await, Content::Confirmation(_)));
    let Content::Checkpoint(checkpoint) = next(&mut followed).await else {
        panic!("no checkpoint on going live")
    };
    assert_eq!((checkpoint.commit_position, checkpoint.prepare_position), (25, 25));
    assert!(matches!(next(&mut followed).await, Content::CaughtUp(_)));
    // Fewer than window × multiplier: only time brings this one.
    append(&mut client, "noise-1", Expected::Any, [26]).await.unwrap();
    let Content::Checkpoint(checkpoint) = next(&mut followed).await else {
        panic!("no checkpoint while nothing passes")
    };
    assert_eq!(checkpoint.commit_position, 26);
    append(&mut client, "orders-1", Expected::Any, [27]).await.unwrap();
    let passed = event(next(&mut followed).await);
    assert_eq!(passed.commit_position, 27, "a checkpoint is never the position of a later event");
}

#[tokio::test]
async fn checkpoints_come_between_the_events_every_so_many_considered() {
    let running = Running::start().await;
    let mut client = running.client().await;
    for number in 1..=40_u128 {
        let kind = if number % 8 == 0 { "order.placed.v1" } else { "noise.made.v1" };
        append_typed(&mut client, "orders-1", Expected::Any, kind, [number]).await.unwrap();
    }
    let filter = Filter::EventType(prefixes(&["order."]));
    let request = read(filtered(follow_all(From::Start), filter, 5, 2));
    let mut followed = client.read(request).await.unwrap().into_inner();
    let mut order = Vec::new();
    loop {
        match next(&mut followed).await {
            Content::Confirmation(_) => {}
            Content::Event(found) => {
                order.push(('e', found.event.unwrap().commit_position));
            }
            Content::Checkpoint(checkpoint) => order.push(('c', checkpoint.commit_position)),
            Content::CaughtUp(_) => break,
            other => panic!("{other:?}"),
        }
    }
    let mut sorted = order.clone();
    sorted.sort_by_key(|(kind, position)| (*position, *kind == 'c'));
    assert_eq!(order, sorted, "nothing before a checkpoint comes after it");
    for expected in [('e', 8), ('c', 10), ('e', 16), ('c', 20), ('e', 24), ('c', 30), ('e', 32)] {
        assert!(order.contains(&expected), "{expected:?} is missing in {order:?}");
    }
    assert_eq!(order.last(), Some(&('c', 40)), "and one on going live");
}

#[tokio::test]
async fn resuming_while_others_append_loses_and_repeats_nothing() {
    let running = Running::start().await;
    let writers = (0..4_u128).map(|writer| {
        let address = running.address;
        tokio::spawn(async move {
            let mut client = crate::support::client(address).await;
            for number in 0..150 {
                let stream = if number % 3 == 0 { "orders" } else { "noise" };
                let id = writer * 1_000 + number;
                append(&mut client, &format!("{stream}-{writer}"), Expected::Any, [id])
                    .await
                    .unwrap();
            }
        })
    });
    let writing = tokio::spawn(join_all(writers.collect::<Vec<_>>()));
    let mut client = running.client().await;
    let filter = Filter::StreamIdentifier(prefixes(&["orders-"]));
    let mut seen = Vec::new();
    let mut reached = 0;
    let mut rounds = 0;
    while seen.len() < 200 {
        rounds += 1;
        let from = if reached == 0 { From::Start } else { From::At(reached) };
        let request = read(filtered(follow_all(from), filter.clone(), 3, 2));
        let mut followed = client.read(request).await.unwrap().into_inner();
        // Dropped after some messages, whatever they are, and taken up again behind the last.
        for _ in 0..25 {
            match next(&mut followed).await {
                Content::Event(found) => {
                    let found = found.event.unwrap();
                    reached = found.commit_position;
                    seen.push(number_of(found.id.as_ref()));
                }
                Content::Checkpoint(checkpoint) => {
                    assert!(checkpoint.commit_position >= reached);
                    reached = checkpoint.commit_position;
                }
                _ => {}
            }
            if seen.len() == 200 {
                break;
            }
        }
    }
    for written in writing.await.unwrap() {
        written.unwrap();
    }
    assert!(rounds > 1, "it never resumed");
    for writer in 0..4 {
        let own: Vec<_> = seen.iter().copied().filter(|id| id / 1_000 == writer).collect();
        let expected: Vec<_> =
            (0..150).filter(|n| n % 3 == 0).map(|n| writer * 1_000 + n).collect();
        assert_eq!(own, expected, "each stream's events come once and in order");
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_for_a_while_still_gets_everything() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let mut followed = client.read(read(follow_all(From::Start))).await.unwrap().into_inner();
    assert!(matches!(next(&mut followed).await, Content::Confirmation(_)));
    // More than all windows and buffers on the way together.
    for round in 0..40_u128 {
        append(&mut client, "orders-1", Expected::Any, round * 500..(round + 1) * 500)
            .await
            .unwrap();
    }
    let mut expected = 0;
    while expected < 20_000 {
        if let Content::Event(found) = next(&mut followed).await {
            assert_eq!(number_of(found.event.unwrap().id.as_ref()), expected);
            expected += 1;
        }
    }
}

#[tokio::test]
async fn a_subscription_goes_forwards_only() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let status = client.read(read(backwards(follow_all(From::Start)))).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

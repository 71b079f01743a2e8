//! Reading `$all`. Others may append between this world's events.

use event_store::{ExpectedRevision, Filter, NewEvent, Pattern, StreamName};

use crate::World;

/// Twelve events over three categories in turn; answers the position before and the last one.
async fn three_categories(world: &World) -> (u64, u64) {
    let before = world.head().await;
    let mut last = 0;
    for n in 0..12 {
        let category = world.category(["a", "b", "c"][n as usize % 3]);
        last = world.fill(&StreamName::of(&category, n), [n]).await.position;
    }
    (before, last)
}

pub async fn the_log_has_the_events_in_the_order_of_their_appends(world: &World) {
    let (before, last) = three_categories(world).await;
    let log = world.log(before, &world.only(&["a", "b", "c"]), last).await;
    assert_eq!(world.numbers(&log), (0..12).collect::<Vec<_>>());
    assert!(log.windows(2).all(|pair| pair[0].position < pair[1].position));
    assert_eq!(log.last().map(|event| event.position), Some(last));
    // Without a filter the same ones are there, among whatever others append.
    let all = world.log(before, &Filter::All, last).await;
    let ours = all.into_iter().filter(|event| log.contains(event));
    assert_eq!(ours.collect::<Vec<_>>(), log);
}

pub async fn the_log_is_read_in_pages_that_join(world: &World) {
    let (before, last) = three_categories(world).await;
    let whole = world.log(before, &Filter::All, last).await;
    for max in [1, 3, 5] {
        let (mut at, mut found) = (before, vec![]);
        while at < last {
            let page = world.store.read_all(at, &Filter::All, max).await.unwrap();
            assert!(page.events.len() <= max && page.scanned_to > at);
            at = page.scanned_to;
            found.extend(page.events);
        }
        found.retain(|event| event.position <= last);
        assert_eq!(found.len(), whole.iter().filter(|event| event.position <= last).count());
        assert!(found.iter().zip(&whole).all(|(page, whole)| page == whole));
    }
}

pub async fn the_log_is_read_backwards_in_pages_that_join(world: &World) {
    let (before, last) = three_categories(world).await;
    let filter = world.only(&["a", "c"]);
    let mut forwards = world.log(before, &filter, last).await;
    forwards.reverse();
    let (mut at, mut found) = (None, vec![]);
    while at.is_none_or(|at| at > before + 1) {
        let page = world.store.read_all_backwards(at, &filter, 3).await.unwrap();
        assert!(page.events.len() <= 3 && at.is_none_or(|at| page.scanned_to < at));
        found.extend(page.events);
        at = Some(page.scanned_to);
    }
    assert_eq!(found, forwards);
    // The position itself is not part of a page that ends before it.
    let page = world.store.read_all_backwards(Some(last), &Filter::All, 1).await.unwrap();
    assert!(page.events[0].position < last);
}

async fn passing(world: &World, filter: &Filter) -> Vec<u32> {
    let (before, last) = three_categories(world).await;
    world.numbers(&world.log(before, filter, last).await)
}

pub async fn a_category_passes_and_nothing_else(world: &World) {
    assert_eq!(passing(world, &world.only(&["b"])).await, [1, 4, 7, 10]);
    let name = world.category("b");
    // A category whose name begins with another's is another one.
    let longer = StreamName::of(&format!("{name}x"), 1);
    let before = world.head().await;
    let last = world.fill(&longer, [50]).await.position;
    assert_eq!(world.log(before, &world.only(&["b"]), last).await, []);
}

pub async fn a_prefix_of_the_stream_passes(world: &World) {
    let prefixes = vec![world.category("a"), format!("{}-1", world.category("b"))];
    let filter = Filter::Streams(Pattern::Prefixes(prefixes));
    assert_eq!(passing(world, &filter).await, [0, 1, 3, 6, 9, 10]);
}

/// Events 0 to 5, every third of another type.
pub(crate) async fn two_types(world: &World) -> (u64, u64) {
    let before = world.head().await;
    let mut last = 0;
    for n in 0..6 {
        let event_type = if n % 3 == 0 { world.category("rare") } else { world.category("often") };
        let event = NewEvent { event_type: event_type.into(), ..world.event(n) };
        let name = world.stream("a");
        last =
            world.store.append(&name, ExpectedRevision::Any, vec![event]).await.unwrap().position;
    }
    (before, last)
}

pub async fn a_prefix_of_the_type_passes(world: &World) {
    let (before, last) = two_types(world).await;
    let filter = Filter::EventTypes(Pattern::Prefixes(vec![world.category("rar")[..3].into()]));
    let found = world.log(before, &filter, last).await;
    let ours: Vec<_> =
        found.into_iter().filter(|event| event.stream == world.stream("a")).collect();
    assert_eq!(world.numbers(&ours), [0, 3]);
}

pub async fn a_regular_expression_passes(world: &World) {
    let expression = format!("^{}-(3|1.)$", world.category("[ab]"));
    let filter = Filter::Streams(Pattern::regex(&expression).unwrap());
    assert_eq!(passing(world, &filter).await, [3, 10]);
}

pub async fn a_filter_that_passes_nothing_comes_to_the_end(world: &World) {
    for nothing in [world.only(&["nobody"]), world.only(&[])] {
        assert_eq!(passing(world, &nothing).await, [] as [u32; 0]);
    }
}

pub async fn the_head_is_at_or_behind_every_answered_append(world: &World) {
    let mut before = world.head().await;
    for n in 0..5 {
        let position = world.fill(&world.stream("a"), [n]).await.position;
        let head = world.head().await;
        assert!(before < position && position <= head, "{before} {position} {head}");
        before = head;
    }
}

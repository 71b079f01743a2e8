//! What every event store promises, written once, as functions over a [`World`]. The files in
//! `tests/` run them against the engine in process, against the adapter over the wire, and
//! against a real cluster; each behaviour has the same name everywhere.
//!
//! A world may share its store with others: no behaviour assumes an empty log, or that positions
//! follow each other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "helpers and bodies of tests: they fail as tests do, and their names say the promise"
)]

pub mod appends;
pub mod content;
pub mod deletion;
pub mod metadata;
pub mod proxy;
pub mod reading;
pub mod repeats;
pub mod stream_subscriptions;
pub mod subscriptions;
pub mod tombstones;
pub mod whole_log;
mod world;

pub use world::{World, ids, until_position};

/// One `#[tokio::test]` for each behaviour, in a module for each subject. `$world` is the path of
/// an `async fn() -> World`.
#[macro_export]
macro_rules! behaviours {
    ($world:path) => {
        $crate::behaviours! { @each $world;
            appends {
                an_append_answers_where_its_events_stand
                an_append_is_read_as_soon_as_it_is_answered
                no_stream_is_refused_on_a_stream_that_exists
                stream_exists_is_refused_on_a_stream_that_does_not
                stream_exists_passes_on_one_that_does
                an_exact_revision_is_refused_anywhere_else
                any_appends_wherever_the_stream_is
                a_group_of_events_is_appended_whole_or_not_at_all
                an_empty_append_is_refused
                of_many_writers_with_one_expectation_exactly_one_succeeds
                many_writers_lose_and_double_nothing
                an_append_whose_caller_went_away_can_be_settled
            }
            repeats {
                behind_an_exact_revision_it_is_answered_as_the_first_time
                behind_no_stream_it_is_answered_as_the_first_time
                without_an_exact_revision_it_is_known_while_it_is_recent
                a_longer_repeat_is_refused
                a_repeat_with_another_id_is_refused
                a_shorter_repeat_is_answered_with_its_own_end
                exactly_at_the_head_the_same_ids_are_new_events
                the_same_ids_in_another_stream_are_new_events
                half_known_ids_without_an_exact_revision_are_refused
            }
            reading {
                a_stream_that_was_never_appended_to_is_not_found
                a_stream_is_read_forwards_from_anywhere
                a_stream_is_read_backwards_from_anywhere
                a_long_stream_is_read_in_one_piece_or_in_pages
                created_is_set_and_never_goes_back
            }
            whole_log {
                the_log_has_the_events_in_the_order_of_their_appends
                the_log_is_read_in_pages_that_join
                the_log_is_read_backwards_in_pages_that_join
                a_category_passes_and_nothing_else
                a_prefix_of_the_stream_passes
                a_prefix_of_the_type_passes
                a_regular_expression_passes
                a_filter_that_passes_nothing_comes_to_the_end
                the_head_is_at_or_behind_every_answered_append
            }
            content {
                bytes_that_are_no_text_are_kept
                json_is_kept_byte_for_byte
                nothing_at_all_is_kept
                a_large_event_is_kept
                an_append_just_under_the_limit_is_taken
                an_append_over_the_limit_is_refused
                names_from_all_scripts_are_kept
                long_names_and_names_without_a_hyphen_are_kept
            }
            metadata {
                max_count_keeps_the_last_events
                max_age_hides_what_is_older
                truncate_before_hides_what_is_before
                the_last_metadata_is_in_force
                hidden_events_stay_in_the_log
                a_stream_with_nothing_but_metadata_is_not_found
                stream_exists_passes_where_only_metadata_is
            }
            deletion {
                a_deleted_stream_is_not_found
                numbering_continues_behind_a_deletion
                every_expectation_but_one_appends_to_a_deleted_stream
                stream_exists_is_refused_on_a_deleted_stream
                undeleting_keeps_the_rest_of_the_metadata
                a_deletion_at_the_wrong_revision_is_refused
                what_never_was_cannot_be_deleted
                deleted_events_stay_in_the_log
            }
            tombstones {
                a_tombstoned_stream_is_gone_for_ever
                what_never_was_can_be_tombstoned
                a_tombstone_at_the_wrong_revision_is_refused
                a_tombstone_is_in_the_log
            }
            subscriptions {
                a_subscription_delivers_everything_once_and_in_order
                a_subscription_begins_behind_its_position
                a_subscription_goes_on_where_another_ended
                a_subscription_waits_for_what_is_not_there_yet
                a_subscription_says_when_it_has_caught_up
                a_filter_that_passes_nothing_still_advances
                a_sparse_filter_delivers_what_passes
                a_subscription_filters_by_type_and_expression
                dropping_the_wait_loses_nothing
                a_reader_that_pauses_misses_nothing
                several_subscriptions_each_have_everything
            }
            stream_subscriptions {
                the_first_answer_comes_at_once
                a_stream_is_followed_from_its_start
                a_stream_is_followed_from_behind_a_revision
                a_stream_that_is_not_there_yet_is_waited_for
                a_stream_subscription_sees_no_other_stream
                a_stream_subscription_loses_nothing_when_its_wait_is_dropped
                a_stream_subscription_ends_with_the_tombstone
            }
        }
    };
    (@each $world:path; $($subject:ident { $($name:ident)* })*) => {
        $(mod $subject {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let world = $world().await;
                $crate::$subject::$name(&world).await;
                world.close().await;
            })*
        })*
    };
}

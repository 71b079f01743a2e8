//! The event store goes away and comes back, and two services of a kind meet.

use std::time::{Duration, Instant};

use scenarios::{Answer, Client, TimetableFile, command_of, holding, new_key};
use tokio::task::block_in_place;

use crate::machine::{COMMAND_APIS, EVENT_STORE, Machine, PROCESSES, PROJECTIONS, QUERY_API};
use crate::shows_up_to;

const BACK_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_the_event_store_queries_go_on_and_the_rest_recovers() {
    let flights = TimetableFile::of(|line| line.starts_with("2013-01-01,B6,"));
    let mut machine = Machine::start(&flights, 0).await;
    let (queries, commands) = (machine.client(QUERY_API), machine.client(COMMAND_APIS[0]));
    let head = commands.get("/health/ready").await.expect(200).number("/position");
    shows_up_to(&queries, head).await;
    let date = machine.first_date.to_string();
    let offering = queries.offerings(&date).await.remove(0);
    let seat = queries.free_seats(&offering).await.remove(0);
    let body = holding(&[(&offering, &[&seat])]);

    block_in_place(|| machine.services[EVENT_STORE].kill());
    assert!(!queries.offerings(&date).await.is_empty(), "queries go on");
    queries.get("/health/ready").await.expect(200);
    let key = new_key();
    let refused = commands.post_as(&key, "/v1/holds", &body).await.expect(503);
    assert!(refused.headers.contains_key("Retry-After"), "{refused:?}");
    for service in [COMMAND_APIS[0], PROJECTIONS, PROCESSES] {
        let client = machine.client(service);
        client.get("/health/live").await.expect(200);
        client.get("/health/ready").await.expect(503);
    }

    // One that starts now waits for it, and says that it lives.
    let second = machine.client(COMMAND_APIS[1]);
    block_in_place(|| {
        machine.services[COMMAND_APIS[1]].kill();
        machine.services[COMMAND_APIS[1]].start();
    });
    until(&second, "/health/live", 200).await;
    let refused = second.post_as(&key, "/v1/holds", &body).await.expect(503);
    assert!(refused.headers.contains_key("Retry-After"), "{refused:?}");

    block_in_place(|| machine.services[EVENT_STORE].start());
    for service in [COMMAND_APIS[0], COMMAND_APIS[1], PROJECTIONS, PROCESSES, QUERY_API] {
        until(&machine.client(service), "/health/ready", 200).await;
    }
    // Nothing was done when it was refused, and what is done now is done once.
    let held = commands.post_as(&key, "/v1/holds", &body).await.expect(201);
    let again = second.post_as(&key, "/v1/holds", &body).await.expect(201);
    assert_eq!(held.text("/hold_id"), again.text("/hold_id"));
    shows_up_to(&queries, held.number("/position")).await;
    let shown = queries.seats(&offering, held.number("/position")).await;
    assert_eq!(shown[&seat], "held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_second_one_of_what_there_can_be_only_one_says_so_and_ends() {
    let flights = TimetableFile::of(|line| line.starts_with("2013-01-01,B6,"));
    let machine = Machine::start(&flights, 0).await;
    let (data, data_folder) = (machine.data(), machine.data());
    let second = |program: &str, event_store: &str| {
        let mut command = command_of(program);
        command.args(["--listen", "127.0.0.1:0", "--event-store", event_store, "--data"]);
        let output = command.arg(&data).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for program in ["projections", "processes"] {
        let said = block_in_place(|| second(program, "esdb://127.0.0.1:9?tls=false"));
        let folder = data_folder.canonicalize().unwrap();
        let wanted = format!("`{program}` already runs on the data folder {}", folder.display());
        assert!(said.contains(&wanted), "{said}");
    }

    // What one cannot do without is said at once, and not waited for.
    let url = &machine.auditors_url;
    let said = block_in_place(|| second("query-api", url));
    assert!(said.contains("--database-url is needed"), "{said}");
    let stranger = url.replace("esdb://auditor:", "esdb://auditor:wrong");
    let said = block_in_place(|| second("command-api", &stranger));
    assert!(said.contains("denies access") && !said.contains("wrong"), "{said}");
    let said = block_in_place(|| second("command-api", "127.0.0.1:2113"));
    assert!(said.contains("expected esdb://HOST:PORT"), "{said}");
    let said = block_in_place(|| second("command-api", "other://admin:secret@127.0.0.1:2113"));
    assert!(said.contains("expected esdb://HOST:PORT") && !said.contains("secret"), "{said}");
    for program in ["command-api", "query-api", "projections", "processes"] {
        let help = block_in_place(|| command_of(program).arg("--help").output().unwrap());
        assert!(help.status.success(), "{help:?}");
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(text.contains(&format!("Usage: {program}")), "{text}");
    }
}

async fn until(client: &Client, path: &str, status: u16) {
    let begun = Instant::now();
    loop {
        let answer: Option<Answer> =
            client.try_send(client.request(reqwest::Method::GET, path)).await.ok();
        if answer.as_ref().is_some_and(|answer| answer.status == status) {
            return;
        }
        assert!(begun.elapsed() < BACK_WITHIN, "{path}: {answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

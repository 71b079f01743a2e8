// Drives a Holdfast event store with a Node client: HOLDFAST_URL, or the users' URLs.
"use strict";

const db = require("./db");
const { all, event, name, refuses, run, same } = require("./harness");

async function connects_by_discovery(client) {
  const by_discovery = db.connect(process.env.HOLDFAST_URL.replace("esdb://", "esdb+discover://"));
  const stream = name("discovered");
  await db.append(by_discovery, stream, event(), db.NO_STREAM);
  same("events", (await all(client.readStream(stream))).length, 1);
}

// A stream of one event that is in no log: whoever copies a log can tell it from its copy.
async function log_says_which_it_is(client) {
  const [only] = await all(client.readStream("holdfast-log"));
  same("type and revision", [only.event.type, only.event.revision], ["holdfast.log_created.v1", 0n]);
  same("its id", only.event.data, { log_id: only.event.id });
  const read = await all(client.readAll({ maxCount: 50 }));
  same("in the log", read.filter((one) => one.event.id === only.event.id), []);
  await refuses("append", db.AccessDeniedError, () => db.append(client, "holdfast-log", event()));
}

async function main() {
  if (process.env.HOLDFAST_URL_AUDITOR) {
    await run(require("./users"), null);
  } else {
    const rooms = ["appends", "reads", "subscriptions", "persistent", "streams", "sizes"];
    const behaviours = rooms.flatMap((room) => require(`./${room}`));
    await run([connects_by_discovery, log_says_which_it_is, ...behaviours], db.connect(process.env.HOLDFAST_URL));
  }
  process.exit(0); // the clients keep their connections, and so the process, alive
}

main();

// Appending with every kind of expected revision.
"use strict";

const db = require("./db");
const { all, event, events, name, refuses, revisions, same } = require("./harness");
const { ANY, NO_STREAM, STREAM_EXISTS, WrongExpectedVersionError } = db;

async function append_any(client) {
  const stream = name("any");
  const first = await db.append(client, stream, event(0));
  const second = await db.append(client, stream, event(1));
  same("next revisions", [first.nextExpectedRevision, second.nextExpectedRevision], [0n, 1n]);
  same("positions grow", second.position.commit > first.position.commit, true);
  await refuses("the whole log is no stream", db.AccessDeniedError, () => db.append(client, "$all", event()));
}

async function append_no_stream(client) {
  const stream = name("no_stream");
  await db.append(client, stream, event(0), NO_STREAM);
  await refuses("NO_STREAM on a stream that is there", WrongExpectedVersionError, () =>
    db.append(client, stream, event(1), NO_STREAM),
  );
  same("events", revisions(await all(client.readStream(stream))), [0]);
}

async function append_stream_exists(client) {
  const stream = name("exists");
  await refuses("STREAM_EXISTS on a missing stream", WrongExpectedVersionError, () =>
    db.append(client, stream, event(0), STREAM_EXISTS),
  );
  await db.append(client, stream, event(0));
  const second = await db.append(client, stream, event(1), STREAM_EXISTS);
  same("revision", second.nextExpectedRevision, 1n);
}

async function append_exact_revision(client) {
  const stream = name("exact");
  await db.append(client, stream, events(2), NO_STREAM);
  same("revision", (await db.append(client, stream, event(2), 1n)).nextExpectedRevision, 2n);
  for (const wrong of [0n, 7n]) {
    await refuses(`revision ${wrong} where 2 is`, WrongExpectedVersionError, () =>
      db.append(client, stream, event(3), wrong),
    );
  }
  same("events", revisions(await all(client.readStream(stream))), [0, 1, 2]);
}

// Without credentials of its own a call goes by BatchAppend, with them by Append.
async function wrong_version_says_expected_and_actual(client) {
  const [stream, missing] = [name("wrong"), name("missing")];
  await db.append(client, stream, events(3), NO_STREAM);
  const credentials = { username: "admin", password: "changeit" };
  for (const options of [{}, { credentials }]) {
    let error = await refuses("7 where 2 is", WrongExpectedVersionError, () =>
      db.append(client, stream, event(), 7n, options),
    );
    same("expected and actual", db.versions(error), [7n, 2n]);
    same("stream", error.streamName, stream);
    error = await refuses("NO_STREAM where 2 is", WrongExpectedVersionError, () =>
      db.append(client, stream, event(), NO_STREAM, options),
    );
    same("expected and actual", db.versions(error), [NO_STREAM, 2n]);
    error = await refuses("0 of a missing stream", WrongExpectedVersionError, () =>
      db.append(client, missing, event(), 0n, options),
    );
    same("expected and actual", db.versions(error), [0n, NO_STREAM]);
    error = await refuses("a missing stream exists", WrongExpectedVersionError, () =>
      db.append(client, missing, event(), STREAM_EXISTS, options),
    );
    same("expected and actual", db.versions(error), [STREAM_EXISTS, NO_STREAM]);
  }
}

async function repeated_append_is_one_append(client) {
  const stream = name("repeat");
  const batch = events(3);
  const first = await db.append(client, stream, batch, NO_STREAM);
  same("repeated", await db.append(client, stream, batch, NO_STREAM), first);
  await db.append(client, stream, event(3), 2n);
  same("repeated later", await db.append(client, stream, batch, NO_STREAM), first);
  await refuses("the same ids and more", WrongExpectedVersionError, () =>
    db.append(client, stream, [...batch, event(4), event(5)], NO_STREAM),
  );
  same("events", revisions(await all(client.readStream(stream))), [0, 1, 2, 3]);
}

async function several_events_are_one_append(client) {
  const stream = name("batch");
  const batch = events(50);
  // A small batchAppendSize splits one append over many messages of the call.
  const { position } = await db.append(client, stream, batch, NO_STREAM, { batchAppendSize: 512 });
  const stored = await all(client.readStream(stream));
  same("ids in order", stored.map((one) => one.event.id), batch.map((one) => one.id));
  same("position", stored.at(-1).event.position, position);
  await refuses("a batch at the wrong revision", WrongExpectedVersionError, () =>
    db.append(client, stream, events(5), 3n),
  );
  const at_once = await Promise.all(
    Array.from({ length: 20 }, () => db.append(client, stream, events(2), ANY)),
  );
  same("twenty at once", new Set(at_once.map((one) => one.nextExpectedRevision)).size, 20);
  same("events", (await all(client.readStream(stream))).length, 90);
}

async function json_and_binary_come_back_as_sent(client) {
  const stream = name("content");
  const json = db.jsonEvent({
    type: "json_thing",
    data: { name: "Zürich → 東京", nested: { list: [1, 2.5, null, true] } },
    metadata: { $correlationId: "c-1" },
  });
  const binary = db.binaryEvent({
    type: "binary_thing",
    data: Uint8Array.from({ length: 256 }, (_, byte) => byte),
    metadata: { note: "of a binary event" },
  });
  await db.append(client, stream, [json, binary], NO_STREAM);
  const [first, second] = (await all(client.readStream(stream))).map((one) => one.event);
  same("json", [first.id, first.type, first.isJson, first.streamId], [json.id, "json_thing", true, stream]);
  same("json data", [first.data, first.metadata], [json.data, json.metadata]);
  same("binary", [second.id, second.type, second.isJson], [binary.id, "binary_thing", false]);
  same("binary data", Buffer.from(second.data).equals(Buffer.from(binary.data)), true);
  same("binary metadata", second.metadata, binary.metadata);
  same("a time of today", Math.abs(Date.now() - Number(first.created)) < 86_400_000, true);
}

module.exports = [
  append_any,
  append_no_stream,
  append_stream_exists,
  append_exact_revision,
  wrong_version_says_expected_and_actual,
  repeated_append_is_one_append,
  several_events_are_one_append,
  json_and_binary_come_back_as_sent,
];

// Reading streams and the whole log.
"use strict";

const db = require("./db");
const { NotOffered, all, events, holds, name, numbers, refuses, revisions, same } = require("./harness");
const { BACKWARDS, END, NO_STREAM, StreamNotFoundError } = db;

/** A stream with that many events, and where its last one stands. */
async function filled(client, count = 10, type = undefined, stream = name("read")) {
  const { position } = await db.append(client, stream, events(count, type), NO_STREAM);
  return { stream, position };
}

async function read_stream_forwards(client) {
  const { stream } = await filled(client);
  same("revisions", revisions(await all(client.readStream(stream))), numbers(0, 9));
  same("limit 3", revisions(await all(client.readStream(stream, { maxCount: 3 }))), [0, 1, 2]);
}

async function read_stream_backwards(client) {
  const { stream } = await filled(client);
  const options = { direction: BACKWARDS, fromRevision: END };
  same("revisions", revisions(await all(client.readStream(stream, options))), numbers(0, 9).reverse());
  same("limit 2", revisions(await all(client.readStream(stream, { ...options, maxCount: 2 }))), [9, 8]);
}

async function read_stream_from_revision_with_limit(client) {
  const { stream } = await filled(client);
  const read = async (options) => revisions(await all(client.readStream(stream, { fromRevision: 4n, maxCount: 3, ...options })));
  same("from 4", await read({}), [4, 5, 6]);
  same("from 4 backwards", await read({ direction: BACKWARDS }), [4, 3, 2]);
  same("from behind the end", await read({ fromRevision: 10n }), []);
}

async function read_missing_stream(client) {
  const stream = name("missing");
  const error = await refuses("forwards", StreamNotFoundError, () => all(client.readStream(stream)));
  same("its stream", error.streamName, stream);
  await refuses("backwards", StreamNotFoundError, () =>
    all(client.readStream(stream, { direction: BACKWARDS, fromRevision: END })),
  );
}

async function read_all_forwards(client) {
  const before = await filled(client, 1);
  const { stream } = await filled(client);
  const read = await all(client.readAll({ fromPosition: before.position }));
  same("a position given is included", read[0].event.streamId, before.stream);
  same("then mine", revisions(read.filter((one) => one.event.streamId === stream)), numbers(0, 9));
  const positions = read.map((one) => one.event.position.commit);
  holds("positions grow", positions.every((one, index) => index === 0 || one > positions[index - 1]));
  same("limit", (await all(client.readAll({ fromPosition: before.position, maxCount: 4 }))).length, 4);
  const from_start = await all(client.readAll({ maxCount: 2 }));
  holds("from the start", from_start[0].event.position.commit <= before.position.commit);
}

async function read_all_backwards(client) {
  const { stream } = await filled(client);
  const options = { direction: BACKWARDS, fromPosition: END, maxCount: 10 };
  const read = await all(client.readAll(options));
  same("newest first", revisions(read), numbers(0, 9).reverse());
  same("stream", new Set(read.map((one) => one.event.streamId)), new Set([stream]));
  const before = await all(client.readAll({ ...options, fromPosition: read[3].event.position, maxCount: 3 }));
  same("a position given backwards is excluded", revisions(before), [5, 4, 3]);
}

/** Streams of two categories with events of two types; checks which pass the filter. */
async function by_filter(client, filter, wanted) {
  if (db.old) throw new NotOffered(); // its readAll takes no filter
  const [category, other] = [name("cat"), name("dog")];
  const { position } = await filled(client, 1);
  const expected = [];
  for (const stream of [`${category}-1`, `${other}-1`, `${category}-2`]) {
    for (const type of [`${category}.one`, `${other}.two`]) {
      await db.append(client, stream, events(2, type));
      if (wanted(category, stream, type)) expected.push([stream, type], [stream, type]);
    }
  }
  const read = await all(client.readAll({ fromPosition: position, filter: filter(category, other) }));
  same("through the filter", read.map((one) => [one.event.streamId, one.event.type]), expected);
}

function read_all_by_stream_prefix(client) {
  return by_filter(
    client,
    (category) => db.streamNameFilter({ prefixes: [`${category}-`, "another"] }),
    (category, stream) => stream.startsWith(category),
  );
}

function read_all_by_stream_regex(client) {
  return by_filter(
    client,
    (category) => db.streamNameFilter({ regex: `^${category}-[2-9]$` }),
    (category, stream) => stream === `${category}-2`,
  );
}

function read_all_by_type_prefix(client) {
  return by_filter(
    client,
    (category) => db.eventTypeFilter({ prefixes: [`${category}.`] }),
    (category, _, type) => type.startsWith(category),
  );
}

function read_all_by_type_regex(client) {
  return by_filter(
    client,
    (_, other) => db.eventTypeFilter({ regex: `${other}\\.t.o$` }),
    (_, __, type) => type.endsWith(".two"),
  );
}

module.exports = [
  read_stream_forwards,
  read_stream_backwards,
  read_stream_from_revision_with_limit,
  read_missing_stream,
  read_all_forwards,
  read_all_backwards,
  read_all_by_stream_prefix,
  read_all_by_stream_regex,
  read_all_by_type_prefix,
  read_all_by_type_regex,
];

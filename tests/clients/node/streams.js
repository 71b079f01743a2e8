// Metadata of a stream, and its end.
"use strict";

const db = require("./db");
const { Taker, all, event, events, holds, name, numbers, refuses, revisions, same } = require("./harness");
const { BACKWARDS, END, NO_STREAM, STREAM_EXISTS } = db;
const { StreamDeletedError, StreamNotFoundError, WrongExpectedVersionError } = db;

async function filled(client, count = 5) {
  const stream = name("kept");
  await db.append(client, stream, events(count), NO_STREAM);
  return stream;
}

const read = async (client, stream, options) => revisions(await all(client.readStream(stream, options)));

async function stream_metadata(client) {
  const stream = await filled(client);
  same("at first", await client.getStreamMetadata(stream), { streamName: stream });
  const wanted = { maxAge: 86_400, cacheControl: 7, owner: "zürich", acl: { readRoles: ["$all"] } };
  await client.setStreamMetadata(stream, wanted);
  same("set", (await client.getStreamMetadata(stream)).metadata, wanted);
  same("the events stay", await read(client, stream), numbers(0, 4));
  // Metadata may come before the stream.
  const later = name("kept_later");
  await client.setStreamMetadata(later, wanted);
  await refuses("the stream itself", StreamNotFoundError, () => read(client, later));
}

async function stream_metadata_expected_version(client) {
  const stream = await filled(client);
  // The newer client's types name the first, its code reads the second.
  const expecting = (state) => ({ expectedRevision: state, streamState: state });
  const set = (value, state) => client.setStreamMetadata(stream, { value }, expecting(state));
  await set(1, NO_STREAM);
  await set(2, 0n);
  for (const wrong of [NO_STREAM, 0n, 5n]) {
    await refuses(`expected ${wrong} where 1 is`, WrongExpectedVersionError, () => set(3, wrong));
  }
  same("metadata", (await client.getStreamMetadata(stream)).metadata, { value: 2 });
  same("of its stream only the last is kept", await read(client, `$$${stream}`), [1]);
}

async function max_count_hides_older_events(client) {
  const stream = await filled(client);
  await client.setStreamMetadata(stream, { maxCount: 2 });
  same("the last two", await read(client, stream), [3, 4]);
  await db.append(client, stream, event(5), 4n);
  same("still two", await read(client, stream), [4, 5]);
  same("backwards", await read(client, stream, { direction: BACKWARDS, fromRevision: END }), [5, 4]);
}

async function soft_delete_and_recreate(client) {
  const stream = await filled(client);
  const { position } = await client.deleteStream(stream, { expectedRevision: 4n });
  holds("a position", position.commit > 0n);
  await refuses("read", StreamNotFoundError, () => read(client, stream));
  await refuses("append STREAM_EXISTS", StreamDeletedError, () =>
    db.append(client, stream, event(5), STREAM_EXISTS),
  );
  const again = await db.append(client, stream, events(2), NO_STREAM);
  same("numbering goes on", again.nextExpectedRevision, 6n);
  same("only the new", await read(client, stream), [5, 6]);
}

async function delete_with_wrong_version(client) {
  const stream = await filled(client);
  const options = { expectedRevision: 2n };
  for (const call of ["deleteStream", "tombstoneStream"]) {
    const error = await refuses(call, WrongExpectedVersionError, () => client[call](stream, options));
    same("stream, expected and actual", [error.streamName, ...db.versions(error)], [stream, 2n, 4n]);
    await refuses(`${call} of a missing stream`, WrongExpectedVersionError, () =>
      client[call](name("missing"), options),
    );
  }
  same("the events stay", await read(client, stream), numbers(0, 4));
}

async function tombstone(client) {
  const stream = await filled(client);
  const subscription = await new Taker(client.subscribeToStream(stream)).confirmed();
  await subscription.take(5);
  await client.tombstoneStream(stream, { expectedRevision: 4n });
  const error = await refuses("read", StreamDeletedError, () => read(client, stream));
  same("its stream", error.streamName, stream);
  await refuses("append", StreamDeletedError, () => db.append(client, stream, event()));
  await refuses("delete", StreamDeletedError, () => client.deleteStream(stream));
  await refuses("tombstone", StreamDeletedError, () => client.tombstoneStream(stream));
  const ended = await subscription.ended();
  holds(`the subscription ended with ${ended}`, ended instanceof StreamDeletedError);
}

module.exports = [
  stream_metadata,
  stream_metadata_expected_version,
  max_count_hides_older_events,
  soft_delete_and_recreate,
  delete_with_wrong_version,
  tombstone,
];

// Catch-up subscriptions.
"use strict";

const db = require("./db");
const { Taker, all, events, holds, name, revisions, same, within } = require("./harness");
const { END, START } = db;

async function taking(subscription, body) {
  const taker = await new Taker(subscription).confirmed();
  try {
    return await body(taker);
  } finally {
    await taker.stop();
  }
}

async function subscribe_to_stream(client) {
  const stream = name("subscribed");
  await db.append(client, stream, events(3));
  await taking(client.subscribeToStream(stream, { fromRevision: START }), async (taker) => {
    same("what was there", revisions(await taker.take(3)), [0, 1, 2]);
    await db.append(client, stream, events(2));
    same("what came while it ran", revisions(await taker.take(2)), [3, 4]);
  });
  const later = name("subscribed_later");
  await taking(client.subscribeToStream(later), async (taker) => {
    await db.append(client, later, events(1));
    same("a stream that came later", (await taker.take(1))[0].event.streamId, later);
  });
}

async function subscribe_to_stream_after_revision(client) {
  const stream = name("resumed");
  await db.append(client, stream, events(5));
  await taking(client.subscribeToStream(stream, { fromRevision: 2n }), async (taker) => {
    same("after revision 2", revisions(await taker.take(2)), [3, 4]);
  });
  await taking(client.subscribeToStream(stream, { fromRevision: END }), async (taker) => {
    await db.append(client, stream, events(1));
    same("after the end", revisions(await taker.take(1)), [5]);
  });
}

async function subscribe_to_all(client) {
  const before = await db.append(client, name("before"), events(1));
  const stream = name("in_all");
  await db.append(client, stream, events(3));
  await taking(client.subscribeToAll({ fromPosition: before.position }), async (taker) => {
    same("what was there", revisions(await taker.take(3)), [0, 1, 2]);
    await db.append(client, stream, events(2));
    same("what came while it ran", revisions(await taker.take(2)), [3, 4]);
  });
  await taking(client.subscribeToAll({ fromPosition: START }), async (taker) => {
    const [first] = await taker.take(1);
    holds("from the start", first.event.position.commit <= before.position.commit);
  });
  await taking(client.subscribeToAll({ fromPosition: END }), async (taker) => {
    await db.append(client, stream, events(1));
    same("from the end", revisions(await taker.take(1)), [5]);
  });
}

async function subscribe_to_all_after_position(client) {
  const stream = name("all_resumed");
  await db.append(client, stream, events(4));
  const stored = await all(client.readStream(stream));
  const from = { fromPosition: stored[1].event.position };
  await taking(client.subscribeToAll(from), async (taker) => {
    const ids = (await taker.take(2)).map((one) => one.event.id);
    same("after the second", ids, [stored[2].event.id, stored[3].event.id]);
  });
}

async function subscribe_to_all_by_filter(client) {
  const [wanted, other] = [name("wanted"), name("other")];
  const { position } = await db.append(client, name("before"), events(1));
  for (const number of [0, 1, 2]) {
    await db.append(client, `${wanted}-${number}`, events(1, "kind_a"));
    await db.append(client, `${other}-${number}`, events(2, "kind_b"));
  }
  const filters = [
    db.streamNameFilter({ prefixes: [`${wanted}-`] }),
    db.streamNameFilter({ regex: `^${wanted}-` }),
  ];
  for (const [number, filter] of filters.entries()) {
    await taking(client.subscribeToAll({ fromPosition: position, filter }), async (taker) => {
      const streams = (await taker.take(3 + number)).map((one) => one.event.streamId);
      same("streams", streams.slice(0, 3), [0, 1, 2].map((one) => `${wanted}-${one}`));
      await db.append(client, `${other}-9`, events(1));
      await db.append(client, `${wanted}-9`, events(1));
      same("while it ran", (await taker.take(1))[0].event.streamId, `${wanted}-9`);
    });
  }
  const kind = name("kind");
  await db.append(client, name("typed"), [...events(1, `${kind}.a`), ...events(1, `${kind}.b`)]);
  const filter = db.eventTypeFilter({ prefixes: [`${kind}.b`] });
  await taking(client.subscribeToAll({ fromPosition: position, filter }), async (taker) => {
    same("by type", (await taker.take(1))[0].event.type, `${kind}.b`);
  });
}

async function filtered_subscription_sends_checkpoints(client) {
  const [wanted, noise] = [name("rare"), name("noise")];
  const { position: start } = await db.append(client, noise, events(1));
  await db.append(client, noise, events(200));
  let reached;
  const first = new Promise((resolve) => (reached = resolve));
  const options = { prefixes: [wanted], maxSearchWindow: 10, checkpointInterval: 2 };
  const filter = db.streamNameFilter({ ...options, checkpointReached: (_, position) => reached(position) });
  const checkpoint = await taking(client.subscribeToAll({ fromPosition: start, filter }), () =>
    within("a checkpoint", first),
  );
  holds("further than the start", checkpoint.commit > start.commit);
  const stored = await db.append(client, wanted, events(1));
  const from_there = { fromPosition: checkpoint, filter: db.streamNameFilter(options) };
  await taking(client.subscribeToAll(from_there), async (taker) => {
    same("the event behind it", (await taker.take(1))[0].event.position, stored.position);
  });
}

async function subscription_says_caught_up(client) {
  const stream = name("caught_up");
  await db.append(client, stream, events(3));
  const subscribe = [
    () => client.subscribeToStream(stream),
    () => client.subscribeToAll({ fromPosition: END }),
  ];
  for (const number of [0, 1]) {
    const subscription = subscribe[number]();
    const caught_up = new Promise((resolve) => subscription.once("caughtUp", resolve));
    await taking(subscription, async (taker) => {
      await within("caught up", caught_up);
      if (number === 0) same("the events came before", revisions(await taker.take(3)), [0, 1, 2]);
      await db.append(client, stream, events(1));
      same("and then live", revisions(await taker.take(1)), [3 + number]);
    });
  }
}

module.exports = [
  subscribe_to_stream,
  subscribe_to_stream_after_revision,
  subscribe_to_all,
  subscribe_to_all_after_position,
  subscribe_to_all_by_filter,
  filtered_subscription_sends_checkpoints,
  subscription_says_caught_up,
];

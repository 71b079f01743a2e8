// Persistent subscriptions: the server keeps who has done what.
"use strict";

const db = require("./db");
const { Taker, all, events, holds, name, refuses, revisions, same, until } = require("./harness");
const { NO_STREAM, PARK, RETRY, ROUND_ROBIN, SKIP } = db;
const { PersistentSubscriptionDoesNotExistError: Missing, PersistentSubscriptionExistsError: Exists } = db;
const to_stream = db.persistentSubscriptionToStreamSettingsFromDefaults;
const to_all = db.persistentSubscriptionToAllSettingsFromDefaults;

async function filled(client, count = 5) {
  const stream = name("worked");
  await db.append(client, stream, events(count), NO_STREAM);
  return [stream, name("group")];
}

async function consuming(subscription, body) {
  const taker = await new Taker(subscription).confirmed();
  try {
    return await body(taker, subscription);
  } finally {
    await taker.stop();
  }
}

async function persistent_create_info_list(client) {
  const [stream, group] = await filled(client);
  const settings = to_stream({
    startFrom: db.START,
    consumerStrategyName: ROUND_ROBIN,
    messageTimeout: 12_500,
    checkPointAfter: 1_500,
    maxRetryCount: 3,
    maxSubscriberCount: 7,
  });
  await client.createPersistentSubscriptionToStream(stream, group, settings);
  const again = await refuses("create again", Exists, () =>
    client.createPersistentSubscriptionToStream(stream, group, settings),
  );
  same("of", [again.streamName, again.groupName], [stream, group]);
  const info = await client.getPersistentSubscriptionToStreamInfo(stream, group);
  same("of", [info.eventSource, info.groupName], [stream, group]);
  same("settings", info.settings, settings);
  same("parked", info.stats.parkedMessageCount, 0n);
  const listed = await client.listPersistentSubscriptionsToStream(stream);
  same("groups of the stream", listed.map((one) => one.groupName), [group]);
  const every = await client.listAllPersistentSubscriptions();
  holds("listed among all", every.some((one) => one.eventSource === stream && one.groupName === group));
  await refuses("info of a missing group", Missing, () =>
    client.getPersistentSubscriptionToStreamInfo(stream, name("missing")),
  );
}

async function persistent_update(client) {
  const [stream, group] = await filled(client);
  await client.createPersistentSubscriptionToStream(stream, group, to_stream());
  const settings = to_stream({ startFrom: 2n, maxRetryCount: 2, messageTimeout: 4_000 });
  await client.updatePersistentSubscriptionToStream(stream, group, settings);
  same("settings", (await client.getPersistentSubscriptionToStreamInfo(stream, group)).settings, settings);
  await refuses("update of a missing group", Missing, () =>
    client.updatePersistentSubscriptionToStream(stream, name("missing"), settings),
  );
}

// What was acknowledged does not come again to the next consumer.
async function persistent_ack(client) {
  const [stream, group] = await filled(client);
  const settings = to_stream({
    startFrom: db.START, checkPointLowerBound: 1, checkPointUpperBound: 1, checkPointAfter: 100,
  });
  await client.createPersistentSubscriptionToStream(stream, group, settings);
  const subscribe = () => client.subscribeToPersistentSubscriptionToStream(stream, group);
  await consuming(subscribe(), async (taker, subscription) => {
    same("id", subscription.id, `${stream}::${group}`);
    const taken = await taker.take(3);
    same("first", revisions(taken), [0, 1, 2]);
    await subscription.ack(...taken);
    await db.append(client, stream, events(1), 4n);
    const rest = await taker.take(3);
    same("then, live too", revisions(rest), [3, 4, 5]);
    await subscription.ack(...rest);
    await until("the checkpoint is written", async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group);
      return stats.lastCheckpointedEventRevision === 5n;
    });
  });
  await consuming(subscribe(), async (taker) => {
    await db.append(client, stream, events(1), 5n);
    same("only what is new", revisions(await taker.take(1)), [6]);
  });
}

async function persistent_retry(client) {
  const [stream, group] = await filled(client, 2);
  await client.createPersistentSubscriptionToStream(stream, group, to_stream({ startFrom: db.START }));
  const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize: 1 });
  await consuming(subscription, async (taker) => {
    const [one] = await taker.take(1);
    same("first time", [one.event.revision, one.retryCount], [0n, 0]);
    await subscription.nack(RETRY, "once more", one);
    const [again] = await taker.take(1);
    same("again", [again.event.id, again.retryCount], [one.event.id, 1]);
    await subscription.ack(again);
    same("then the next", revisions(await taker.take(1)), [1]);
  });
}

async function persistent_park_and_replay(client) {
  const [stream, group] = await filled(client, 3);
  await client.createPersistentSubscriptionToStream(stream, group, to_stream({ startFrom: db.START }));
  const parked = async () =>
    (await client.getPersistentSubscriptionToStreamInfo(stream, group)).stats.parkedMessageCount;
  await consuming(client.subscribeToPersistentSubscriptionToStream(stream, group), async (taker, subscription) => {
    const [first, second, third] = await taker.take(3);
    await subscription.nack(PARK, "cannot", second);
    await subscription.nack(SKIP, "need not", third);
    await subscription.ack(first);
    await until("one is parked", async () => (await parked()) === 1n);
    const [link] = await all(client.readStream(`$persistentsubscription-${stream}::${group}-parked`));
    same("as a link", [link.event.type, Buffer.from(link.event.data).toString()], ["$>", `1@${stream}`]);
    await client.replayParkedMessagesToStream(stream, group);
    const [again] = await taker.take(1);
    same("replayed", again.event.id, second.event.id);
    await subscription.ack(again);
    await until("none is parked any more", async () => (await parked()) === 0n);
  });
}

async function persistent_delete(client) {
  const [stream, group] = await filled(client);
  const one_at_most = to_stream({ maxSubscriberCount: 1 });
  await client.createPersistentSubscriptionToStream(stream, group, one_at_most);
  const subscribe = () => new Taker(client.subscribeToPersistentSubscriptionToStream(stream, group));
  const consumer = await subscribe().confirmed();
  const second = await subscribe().ended();
  holds(`a second consumer: ${second}`, second instanceof db.PersistentSubscriptionMaximumSubscribersReachedError);
  await client.deletePersistentSubscriptionToStream(stream, group);
  const dropped = await consumer.ended();
  holds(`its consumer: ${dropped}`, dropped instanceof db.PersistentSubscriptionDroppedError);
  same("of", [dropped.streamName, dropped.groupName], [stream, group]);
  await refuses("info", Missing, () => client.getPersistentSubscriptionToStreamInfo(stream, group));
  await refuses("delete again", Missing, () => client.deletePersistentSubscriptionToStream(stream, group));
  const error = await subscribe().ended();
  holds(`reading it: expected ${Missing.name}, came ${error}`, error instanceof Missing);
}

async function persistent_to_all(client) {
  const [group, category] = [name("group"), name("watched")];
  const { position } = await db.append(client, name("before"), events(1));
  const filter = db.streamNameFilter({ prefixes: [`${category}-`] });
  await client.createPersistentSubscriptionToAll(group, to_all({ startFrom: position }), { filter });
  for (const number of [0, 1, 2, 3]) {
    await db.append(client, number % 2 ? `${category}-${number}` : name("unwatched"), events(1));
  }
  const info = () => client.getPersistentSubscriptionToAllInfo(group);
  same("of", [(await info()).eventSource, (await info()).settings.startFrom], ["$all", position]);
  await consuming(client.subscribeToPersistentSubscriptionToAll(group), async (taker, subscription) => {
    same("id", subscription.id, `$all::${group}`);
    const [first, second] = await taker.take(2);
    same("through the filter", [first, second].map((one) => one.event.streamId), [`${category}-1`, `${category}-3`]);
    await subscription.nack(PARK, "cannot", first);
    await subscription.ack(second);
    await until("parked", async () => (await info()).stats.parkedMessageCount === 1n);
    await client.replayParkedMessagesToAll(group, { stopAt: 10 });
    const [again] = await taker.take(1);
    same("replayed", again.event.id, first.event.id);
    await subscription.ack(again);
  });
  const listed = await client.listPersistentSubscriptionsToAll();
  holds("listed", listed.some((one) => one.groupName === group));
  await client.updatePersistentSubscriptionToAll(group, to_all({ startFrom: db.END, maxRetryCount: 1 }));
  same("updated", [(await info()).settings.maxRetryCount, (await info()).settings.startFrom], [1, db.END]);
  await client.deletePersistentSubscriptionToAll(group);
  await refuses("info", Missing, info);
}

module.exports = [
  persistent_create_info_list,
  persistent_update,
  persistent_ack,
  persistent_retry,
  persistent_park_and_replay,
  persistent_delete,
  persistent_to_all,
];

// Large events, and many small ones.
"use strict";

const db = require("./db");
const { all, event, name, refuses, revisions, same } = require("./harness");
const { MaxAppendSizeExceededError, NO_STREAM, StreamNotFoundError } = db;

const MEBIBYTE = 1024 * 1024;
const SMALL_APPENDS = 200;

const large = (size) => db.binaryEvent({ type: "large_thing", data: Buffer.alloc(size, "x") });

async function one_and_ten_mebibytes(client) {
  const stream = name("large");
  for (const [number, size] of [MEBIBYTE, 10 * MEBIBYTE].entries()) {
    const sent = large(size);
    await db.append(client, stream, sent);
    const [came] = await all(client.readStream(stream, { fromRevision: BigInt(number) }));
    same(`${size} bytes`, Buffer.from(came.event.data).equals(Buffer.from(sent.data)), true);
  }
}

async function seventeen_mebibytes_are_refused(client) {
  const stream = name("too_large");
  const error = await refuses("16 MiB and one KiB", MaxAppendSizeExceededError, () =>
    db.append(client, stream, large(16 * MEBIBYTE + 1024)),
  );
  same("the limit it says", error.maxAppendSize, 16 * MEBIBYTE);
  // Several messages of one append count together.
  const parts = Array.from({ length: 9 }, () => large(2 * MEBIBYTE));
  await refuses("18 MiB in nine events", MaxAppendSizeExceededError, () => db.append(client, stream, parts));
  await refuses("17 MiB", Error, () => db.append(client, stream, large(17 * MEBIBYTE)));
  await refuses("the stream", StreamNotFoundError, () => all(client.readStream(stream)));
  await db.append(client, stream, event(), NO_STREAM);
}

async function many_small_appends(client) {
  const stream = name("small");
  const started = process.hrtime.bigint();
  for (let number = 0; number < SMALL_APPENDS; number += 1) {
    await db.append(client, stream, event(number), number ? BigInt(number - 1) : NO_STREAM);
  }
  const appended = process.hrtime.bigint();
  for (let number = 0; number < SMALL_APPENDS; number += 1) {
    const read = await all(client.readStream(stream, { fromRevision: BigInt(number), maxCount: 1 }));
    same("revision", revisions(read), [number]);
  }
  const ms = (from, to) => (Number(to - from) / 1e6 / SMALL_APPENDS).toFixed(1);
  return `${ms(started, appended)} ms an append, ${ms(appended, process.hrtime.bigint())} ms a read`;
}

module.exports = [one_and_ten_mebibytes, seventeen_mebibytes_are_refused, many_small_appends];

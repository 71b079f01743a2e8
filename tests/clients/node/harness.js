// Runs behaviours one after another, one printed line each; the first failure ends the run.
"use strict";

const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const { jsonEvent } = require("./db");

// Whatever is waited for longer than this has failed.
const PATIENCE_MS = 30_000;

class NotOffered extends Error {}

/** A stream, category or group name that no other behaviour uses. */
const name = (kind) => `${kind}_${randomUUID().slice(0, 8)}`;

const event = (number = 0, type = "thing_happened") => jsonEvent({ type, data: { number } });
const events = (count, type) => Array.from({ length: count }, (_, number) => event(number, type));

const same = (what, came, expected) => assert.deepEqual(came, expected, `${what}: expected ${show(expected)}, came ${show(came)}`);
const holds = (what, condition) => assert.ok(condition, what);

function show(value) {
  return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}n` : one));
}

/** The error of that class which the call rejects with. */
async function refuses(what, kind, call) {
  let came;
  try {
    came = await call();
  } catch (error) {
    assert.ok(error instanceof kind, `${what}: expected ${kind.name}, came ${error.constructor.name}: ${error.message}`);
    return error;
  }
  assert.fail(`${what}: expected ${kind.name}, came ${show(came)}`);
}

function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing for ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Waits for what the server does in its own time. */
async function until(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `${what}: still not so after ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Everything an iterator gives. */
async function all(iterator) {
  const taken = [];
  for await (const one of iterator) taken.push(one);
  return taken;
}

/** A subscription whose events are taken in counts. */
class Taker {
  constructor(subscription) {
    this.subscription = subscription;
    this.waiting = [];
    this.wake = () => {};
    subscription.on("data", (one) => {
      this.waiting.push(one);
      this.wake();
    });
    subscription.on("error", (error) => {
      this.error = error;
      this.wake();
    });
  }

  /** Waits until the server has confirmed the subscription. */
  async confirmed() {
    if (!this.subscription.id) {
      await within("the confirmation", new Promise((resolve) => this.subscription.once("confirmation", resolve)));
    }
    return this;
  }

  async take(count) {
    while (this.waiting.length < count) {
      if (this.error) throw this.error;
      await within(`event ${this.waiting.length + 1} of ${count}`, new Promise((resolve) => (this.wake = resolve)));
    }
    return this.waiting.splice(0, count);
  }

  /** Waits for the error that ends the subscription. */
  async ended() {
    while (!this.error) {
      await within("the subscription's end", new Promise((resolve) => (this.wake = resolve)));
    }
    return this.error;
  }

  stop() {
    return this.subscription.unsubscribe();
  }
}

const revisions = (taken) => taken.map((one) => Number(one.event.revision));
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, number) => from + number);

async function run(behaviours, client) {
  for (const behaviour of behaviours) {
    try {
      const said = await behaviour(client);
      console.log(`ok ${behaviour.name}${said ? ` (${said})` : ""}`);
    } catch (error) {
      if (error instanceof NotOffered) {
        console.log(`-- ${behaviour.name}: not offered by this client`);
        continue;
      }
      console.log(`FAILED ${behaviour.name}: ${error.message}`);
      console.error(error);
      process.exit(1);
    }
  }
}

module.exports = {
  NotOffered, Taker, all, event, events, holds, name, numbers, refuses, revisions, run, same, until, within,
};

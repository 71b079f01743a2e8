// A server with users, over TLS.
"use strict";

const db = require("./db");
const { all, event, name, refuses, same } = require("./harness");
const { AccessDeniedError, BACKWARDS, END, NO_STREAM } = db;

const url = (user) => process.env[`HOLDFAST_URL_${user.toUpperCase()}`];
const with_login = (login) => url("auditor").replace(/\/\/[^@]*@/, login ? `//${login}@` : "//");

async function service_appends_and_reads() {
  const client = db.connect(url("service"));
  const stream = name("by_service");
  await db.append(client, stream, event(), NO_STREAM);
  same("events", (await all(client.readStream(stream))).length, 1);
}

async function auditor_reads_and_cannot_append() {
  const [service, auditor] = [db.connect(url("service")), db.connect(url("auditor"))];
  const stream = name("audited");
  await db.append(service, stream, event(), NO_STREAM);
  same("the auditor reads", (await all(auditor.readStream(stream))).length, 1);
  const last = { direction: BACKWARDS, fromPosition: END, maxCount: 1 };
  same("and reads the log", (await all(auditor.readAll(last))).length, 1);
  await refuses("the auditor appends", AccessDeniedError, () => db.append(auditor, stream, event()));
  await refuses("the auditor deletes", AccessDeniedError, () => auditor.deleteStream(stream));
  same("events", (await all(service.readStream(stream))).length, 1);
}

async function refused(login) {
  const client = db.connect(with_login(login));
  await refuses("read", AccessDeniedError, () => all(client.readStream(name("any"))));
  await refuses("append", AccessDeniedError, () => db.append(client, name("any"), event()));
}

function no_credentials_are_refused() {
  return refused("");
}

function wrong_password_is_refused() {
  return refused("auditor:wrong");
}

module.exports = [
  service_appends_and_reads,
  auditor_reads_and_cannot_append,
  no_credentials_are_refused,
  wrong_password_is_refused,
];

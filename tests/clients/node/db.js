// The client under test under one set of names.
//
// The two packages are one client before and after the vendor's renaming. They cannot share a
// process (both register the same protocol files), so the environment says which one this is.
"use strict";

const NAME = process.env.HOLDFAST_CLIENT;
const old = NAME === "db-client";
if (!old && NAME !== "kurrentdb-client") {
  throw new Error(`HOLDFAST_CLIENT=${NAME}: not a client these tests know`);
}
const db = require(old ? "@eventstore/db-client" : "@kurrent/kurrentdb-client");
const Client = old ? db.EventStoreDBClient : db.KurrentDBClient;

function connect(url) {
  return Client.connectionString([url]);
}

/** Appends with an expected revision: a bigint or one of the client's constants. */
function append(client, stream, events, expected = db.ANY, options = {}) {
  const name = old ? "expectedRevision" : "streamState";
  return client.appendToStream(stream, events, { [name]: expected, ...options });
}

/** What a wrong-version error says it expected and found. */
function versions(error) {
  return old
    ? [error.expectedVersion, error.actualVersion]
    : [error.expectedState, error.actualState];
}

module.exports = { ...db, old, connect, append, versions };

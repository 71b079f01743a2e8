//! Keeps persons' encryption keys, outside the log and its backups. What is sealed here can be
//! read as long as the key stands; erasing the key erases the person from every stream.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rusqlite::{Connection, OptionalExtension, params};

const KEY_VERSION: u32 = 1;

/// The keys, in a SQLite file of their own.
pub struct KeyStore {
    keys: Mutex<Connection>,
}

/// Personal data that only the holder of the key can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedData {
    /// Whose key opens it.
    pub subject: String,
    /// Which version of that key.
    pub key_version: u32,
    /// 24 bytes.
    pub nonce: Vec<u8>,
    /// XChaCha20-Poly1305, authenticated together with the subject.
    pub ciphertext: Vec<u8>,
}

/// Why a key cannot be had, or what was sealed cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// The keys' file cannot be read or written.
    #[error("the key store cannot be read or written")]
    Storage(#[from] rusqlite::Error),
    /// It was not sealed with this key, or was changed since.
    #[error("sealed data of {subject} does not open")]
    DoesNotOpen {
        /// Whose.
        subject: String,
    },
}

impl KeyStore {
    /// Opens the keys, or makes the file.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(file: &Path) -> Result<Self, KeyStoreError> {
        let keys = Connection::open(file)?;
        keys.busy_timeout(std::time::Duration::from_secs(5))?;
        keys.pragma_update(None, "journal_mode", "wal")?;
        keys.pragma_update(None, "synchronous", "full")?;
        // An erased key must leave no trace in free pages.
        keys.pragma_update(None, "secure_delete", true)?;
        keys.execute_batch(
            "CREATE TABLE IF NOT EXISTS person_key (
                 subject TEXT NOT NULL,
                 version INTEGER NOT NULL,
                 owner TEXT NOT NULL,
                 key BLOB NOT NULL,
                 PRIMARY KEY (subject, version)
             ) STRICT;
             CREATE INDEX IF NOT EXISTS person_key_owner ON person_key (owner);",
        )?;
        Ok(Self { keys: Mutex::new(keys) })
    }

    /// Seals several persons' data. Their keys are on disk before this returns: nothing sealed
    /// can reach the log before its key is safe. Blocks on the disk.
    ///
    /// # Errors
    /// When a key cannot be stored.
    pub fn seal(
        &self,
        owner: &str,
        persons: &[(String, Vec<u8>)],
    ) -> Result<Vec<SealedData>, KeyStoreError> {
        let mut connection = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let mut sealed = Vec::with_capacity(persons.len());
        for (subject, data) in persons {
            transaction.execute(
                "INSERT OR IGNORE INTO person_key (subject, version, owner, key)
                 VALUES (?1, ?2, ?3, ?4)",
                params![subject, KEY_VERSION, owner, Key::generate().as_slice()],
            )?;
            let key: [u8; 32] = transaction.query_row(
                "SELECT key FROM person_key WHERE subject = ?1 AND version = ?2",
                params![subject, KEY_VERSION],
                |row| row.get(0),
            )?;
            sealed.push(seal_with(&key, subject, data)?);
        }
        transaction.commit()?;
        Ok(sealed)
    }

    /// Reads sealed data; `None` when its key was erased. Blocks on the disk.
    ///
    /// # Errors
    /// When the key cannot be read, or the data was changed.
    pub fn open_sealed(
        &self,
        subject: &str,
        key_version: u32,
        nonce: &[u8],
        ciphertext: &[u8],
    ) -> Result<Option<Vec<u8>>, KeyStoreError> {
        let key: Option<[u8; 32]> = {
            let connection = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            connection
                .query_row(
                    "SELECT key FROM person_key WHERE subject = ?1 AND version = ?2",
                    params![subject, key_version],
                    |row| row.get(0),
                )
                .optional()?
        };
        let Some(key) = key else { return Ok(None) };
        let does_not_open = || KeyStoreError::DoesNotOpen { subject: subject.to_owned() };
        let nonce = XNonce::try_from(nonce).map_err(|_| does_not_open())?;
        let payload = Payload { msg: ciphertext, aad: subject.as_bytes() };
        let opened = XChaCha20Poly1305::new(&Key::from(key)).decrypt(&nonce, payload);
        opened.map(Some).map_err(|_| does_not_open())
    }

    /// Erases every key that belongs to an owner, and says how many there were. What they sealed
    /// can never be read again.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn erase(&self, owner: &str) -> Result<usize, KeyStoreError> {
        let connection = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.execute("DELETE FROM person_key WHERE owner = ?1", params![owner])?)
    }
}

fn seal_with(key: &[u8; 32], subject: &str, data: &[u8]) -> Result<SealedData, KeyStoreError> {
    let nonce = XNonce::generate();
    let payload = Payload { msg: data, aad: subject.as_bytes() };
    let ciphertext = XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&nonce, payload)
        .map_err(|_| KeyStoreError::DoesNotOpen { subject: subject.to_owned() })?;
    Ok(SealedData {
        subject: subject.to_owned(),
        key_version: KEY_VERSION,
        nonce: nonce.to_vec(),
        ciphertext,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, KeyStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(&folder.path().join("keys.sqlite")).unwrap();
        (folder, store)
    }

    fn open(store: &KeyStore, sealed: &SealedData) -> Result<Option<Vec<u8>>, KeyStoreError> {
        store.open_sealed(&sealed.subject, sealed.key_version, &sealed.nonce, &sealed.ciphertext)
    }

    #[test]
    fn what_is_sealed_opens_again_also_after_a_restart() {
        let (folder, store) = store();
        let persons = [("ada".to_owned(), b"Ada".to_vec()), ("bob".to_owned(), b"Bob".to_vec())];
        let sealed = store.seal("owner", &persons).unwrap();
        assert!(!sealed[0].ciphertext.windows(3).any(|window| window == b"Ada"));
        drop(store);
        let store = KeyStore::open(&folder.path().join("keys.sqlite")).unwrap();
        assert_eq!(open(&store, &sealed[0]).unwrap().unwrap(), b"Ada");
        assert_eq!(open(&store, &sealed[1]).unwrap().unwrap(), b"Bob");
    }

    #[test]
    fn an_erased_owner_can_never_be_read_again_and_others_can() {
        let (_folder, store) = store();
        let ada = store.seal("ada", &[("traveller-1".to_owned(), b"Ada".to_vec())]).unwrap();
        let bob = store.seal("bob", &[("traveller-2".to_owned(), b"Bob".to_vec())]).unwrap();
        assert_eq!(store.erase("ada").unwrap(), 1);
        assert_eq!(open(&store, &ada[0]).unwrap(), None);
        assert_eq!(open(&store, &bob[0]).unwrap().unwrap(), b"Bob");
    }

    #[test]
    fn sealed_data_of_another_person_or_changed_does_not_open() {
        let (_folder, store) = store();
        let persons = [("ada".to_owned(), b"Ada".to_vec()), ("bob".to_owned(), b"Bob".to_vec())];
        let sealed = store.seal("owner", &persons).unwrap();
        let swapped = SealedData { subject: "bob".into(), ..sealed[0].clone() };
        assert!(matches!(open(&store, &swapped), Err(KeyStoreError::DoesNotOpen { .. })));
        let mut changed = sealed[0].clone();
        changed.ciphertext[0] ^= 1;
        assert!(matches!(open(&store, &changed), Err(KeyStoreError::DoesNotOpen { .. })));
    }
}

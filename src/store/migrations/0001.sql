-- Version 1. Every column is described in docs/format.md, section 2. A released migration never changes.

CREATE TABLE vault (
    vault_id BLOB NOT NULL PRIMARY KEY CHECK (length(vault_id) = 16)
) STRICT, WITHOUT ROWID;

CREATE TABLE slot (
    slot_id BLOB NOT NULL PRIMARY KEY CHECK (length(slot_id) = 16),
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
    config BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE collection (
    collection_id BLOB NOT NULL PRIMARY KEY CHECK (length(collection_id) = 16),
    epoch INTEGER NOT NULL CHECK (epoch >= 1),
    name BLOB NOT NULL,
    head BLOB NOT NULL
) STRICT;

CREATE TABLE epoch (
    collection_id BLOB NOT NULL REFERENCES collection,
    epoch INTEGER NOT NULL CHECK (epoch >= 1),
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    PRIMARY KEY (collection_id, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE index_wrap (
    collection_id BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    slot_id BLOB NOT NULL REFERENCES slot,
    state INTEGER NOT NULL CHECK (state IN (1, 2)),
    edk BLOB NOT NULL,
    PRIMARY KEY (collection_id, epoch, slot_id),
    FOREIGN KEY (collection_id, epoch) REFERENCES epoch
) STRICT, WITHOUT ROWID;

CREATE TABLE page (
    collection_id BLOB NOT NULL REFERENCES collection,
    page INTEGER NOT NULL CHECK (page BETWEEN 1 AND 4294967295),
    sealed BLOB NOT NULL,
    PRIMARY KEY (collection_id, page)
) STRICT;

CREATE TABLE item (
    item_id BLOB NOT NULL PRIMARY KEY CHECK (length(item_id) = 16),
    collection_id BLOB NOT NULL,
    page INTEGER NOT NULL,
    FOREIGN KEY (collection_id, page) REFERENCES page
) STRICT, WITHOUT ROWID;

CREATE INDEX item_by_page ON item (collection_id, page);

CREATE TABLE summary (
    item_id BLOB NOT NULL REFERENCES item,
    number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
    sealed BLOB NOT NULL,
    PRIMARY KEY (item_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE revision (
    revision_id BLOB NOT NULL PRIMARY KEY CHECK (length(revision_id) = 16),
    item_id BLOB NOT NULL REFERENCES item,
    number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 4294967295),
    device BLOB NOT NULL CHECK (length(device) = 16),
    layout INTEGER NOT NULL CHECK (layout IN (1, 2)),
    header BLOB,
    message_id BLOB NOT NULL CHECK (length(message_id) = 32),
    frame_length INTEGER NOT NULL,
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    length INTEGER NOT NULL CHECK (length >= 0),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    -- Last, so that reading the columns before it never walks through a long body's pages.
    frames BLOB,
    UNIQUE (item_id, number)
) STRICT;

CREATE TABLE revision_wrap (
    revision_id BLOB NOT NULL REFERENCES revision,
    slot_id BLOB NOT NULL REFERENCES slot,
    state INTEGER NOT NULL CHECK (state IN (1, 2)),
    edk BLOB NOT NULL,
    PRIMARY KEY (revision_id, slot_id)
) STRICT, WITHOUT ROWID;

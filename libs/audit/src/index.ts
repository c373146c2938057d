export { canonical } from './canonical.ts'
export { faultAt, isFault, NOWHERE } from './fault.ts'
export type { Place } from './fault.ts'
export { CUT_SIGNAL, MAX_RECORD_BYTES } from './fit-record.ts'
export { makerFault } from './maker.ts'
export type { NodeKind } from './maker.ts'
export { rawPublicKey, signStatement, statementHolds } from './node-key.ts'
export { hashOf, readRecord, sealRecord, sealWhole } from './record.ts'
export type { RecordFields, SealedRecord } from './record.ts'
export { extendStream, partsOfStream, startOfStream } from './stream-chain.ts'
export type { StreamPosition } from './stream-chain.ts'
export { BATCH_LIMITS, batchesOf, openBatch, openBatchAround, signBatch, verifyBatch } from './batch.ts'
export type { BatchLimits, Frame, UnsignedBatch } from './batch.ts'
export { signHead, verifyHead } from './head.ts'
export { encodeFrame, MAX_FRAME_BYTES, putFrame, scanFrames } from './spool-format.ts'
export type { ScannedFrame, SpoolScan } from './spool-format.ts'
export { commitmentOf, createOpener, disclosureHolds, openSealed, sealTo } from './sealed/seal.ts'
export type { Opened, Randomness } from './sealed/seal.ts'
export { sealedIn } from './sealed/sealed-in.ts'
export type { SealedAt } from './sealed/sealed-in.ts'
export { rawX25519, sealingKey } from './sealed/subject-keys.ts'
export type { SealingKey } from './sealed/subject-keys.ts'
export { verifyEvidence, verifyEvidenceInSteps } from './verify.ts'
export type { KnownNode, NewNodes } from './verify.ts'
export { EMPTY_ROOT, HASH_BYTES, isHash, leafHash, nodeHash, sameHash } from './tree/hashes.ts'
export type { Hash, TreeHead } from './tree/hashes.ts'
export { perfectRoot, subtreesOf } from './tree/subtrees.ts'
export type { LeafRange, Subtree } from './tree/subtrees.ts'
export { createFrontier } from './tree/frontier.ts'
export type { Frontier } from './tree/frontier.ts'
export {
  edgeTiles,
  hashesAtLevel,
  hashesOfTile,
  readTilePath,
  TILE_WIDTH,
  tilePath,
  tilesBetween,
} from './tree/tiles.ts'
export type { Tile, TileReader } from './tree/tiles.ts'
export { openEdge } from './tree/edge.ts'
export type { FilledTile, TreeEdge } from './tree/edge.ts'
export { inclusionHolds, proveInclusion } from './tree/inclusion.ts'
export { consistencyHolds, proveConsistency } from './tree/consistency.ts'
export { openRange, proveRange, rangeHolds } from './tree/range.ts'
export type { RangeCheck, RangeProof } from './tree/range.ts'
export { base64Of, bytesOfBase64 } from './tree/base64.ts'
export { isPlainName, noteKeyId, readNoteKey, writeNoteKey } from './tree/note-key.ts'
export type { NoteKey, NoteKeyType } from './tree/note-key.ts'
export {
  cosignedAtSeconds,
  cosignNote,
  MAX_NOTE_SIGNATURES,
  noteBytes,
  readNote,
  readSignatureLine,
  signatureLine,
  signersOf,
  signNote,
  writeNote,
} from './tree/note.ts'
export type { Note, NoteSignature } from './tree/note.ts'
export { openCheckpoint, readCheckpoint, readCount, writeCheckpoint } from './tree/checkpoint.ts'
export type { Checkpoint, SignedCheckpoint } from './tree/checkpoint.ts'
export { readWitnessRequest, writeWitnessRequest } from './tree/witness-request.ts'
export type { WitnessRequest } from './tree/witness-request.ts'
export { logKeysOf, readAsked, weighGrowth } from './tree/witness.ts'
export type { WitnessedRequest, WitnessRefusal } from './tree/witness.ts'
export { openTlogProof, readTlogProof, writeTlogProof } from './tree/tlog-proof.ts'
export type { TlogProof } from './tree/tlog-proof.ts'
export { matchesFilter, termOf, termRangeOf, termsAsked, termsOf, valuesOf } from './terms.ts'
export type { TermField } from './terms.ts'
export { ArchiveConflict } from './ports.ts'
export type {
  AuditArchive,
  AuditIndex,
  AuditLedger,
  CountQuery,
  Ingestion,
  LeafPage,
  LeafQuery,
  OpenedBatch,
  StoredLeaf,
} from './ports.ts'

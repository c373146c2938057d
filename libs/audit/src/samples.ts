// What specs of other rooms make packs with.
export { sampleLog } from './pack/sample-log.fixture.ts'
export { checkpointNote, makePack, trustOf, WITNESS_LINE } from './pack/sample-pack.fixture.ts'
export { zipOfMembers } from './pack/zip.fixture.ts'

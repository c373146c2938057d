export { CLASSES, stricterClass } from './classes.ts'
export { classify } from './classify.ts'
export type { ClassifyInput, TrustedAnnotations } from './classify.ts'

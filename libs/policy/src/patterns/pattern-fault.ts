/** Why patterns cannot be used. `because` continues the sentence "the pattern `<pattern>` is refused:"; it may quote the pattern, never content. */
export class PatternFault {
  readonly policy: string
  /** null: not one pattern, but their number */
  readonly pattern: string | null
  readonly because: string
  constructor(policy: string, pattern: string | null, because: string) {
    this.policy = policy
    this.pattern = pattern
    this.because = because
  }
}

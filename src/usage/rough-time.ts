const steps = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3600 },
  { unit: 'min', seconds: 60 },
] as const

/** A time as people say it: `40 s`, `25 min`, `3.5 h`, `2 d`. */
export function roughTime(seconds: number): string {
  const step = steps.find(({ seconds: length }) => seconds >= 2 * length)
  if (step === undefined) return `${Math.round(seconds)} s`
  const amount = seconds / step.seconds
  return `${amount < 10 ? Number(amount.toFixed(1)) : Math.round(amount)} ${step.unit}`
}

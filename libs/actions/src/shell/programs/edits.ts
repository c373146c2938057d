/** Is one text made of the other by one letter more, less, other, or two neighbours exchanged? */
export function oneEditApart(left: string, right: string): boolean {
  if (left === right || Math.abs(left.length - right.length) > 1) return false
  let at = 0
  while (at < left.length && left[at] === right[at]) at += 1
  const [restLeft, restRight] = [left.slice(at), right.slice(at)]
  if (left.length > right.length) return restLeft.slice(1) === restRight
  if (left.length < right.length) return restLeft === restRight.slice(1)
  const isExchanged =
    restLeft[0] === restRight[1] && restLeft[1] === restRight[0] && restLeft.slice(2) === restRight.slice(2)
  return restLeft.slice(1) === restRight.slice(1) || isExchanged
}

// A double of talk/errands.js: nothing is to be done in conversations that are not open.
export function beginErrands() {}
export function endErrands() {}

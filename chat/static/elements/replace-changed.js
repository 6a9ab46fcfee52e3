// Lists that are made anew at each piece of news.

/** What looks as it did stays the element that it was: news in the middle of a click would else swallow the click. */
export function replaceWhatChanged(parent, wanted) {
  const there = [...parent.children];
  const next = wanted.map((each) => there.find((old) => old.isEqualNode(each)) ?? each);
  for (const old of there) if (!next.includes(old)) old.remove();
  next.forEach((each, at) => parent.children[at] === each || parent.insertBefore(each, parent.children[at] ?? null));
}

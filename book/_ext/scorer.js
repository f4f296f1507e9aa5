/* Which search results come first: chapters before the reference pages of the package and the names in them. */
const ofReference = /^book\/(api(_\w+)?|genindex|py-modindex)$/;

var Scorer = {
  // a name of the package: [page, title, anchor, description, score, file]; what is asked for exactly stays on top
  score: ([page, , anchor, description, score]) =>
    ofReference.test(page) ? score / (anchor || description ? 2 : 4) : score,
  objNameMatch: 40,
  objPartialMatch: 3,
  objPrio: { 0: 0, 1: -1, 2: -5 },
  objPrioDefault: 0,
  title: 30,
  partialTitle: 14,
  term: 10,
  partialTerm: 4,
};

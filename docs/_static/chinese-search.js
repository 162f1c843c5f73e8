// A Chinese query is cut into the words of the index, the longest that fit first: text between two
// blanks is otherwise one word, and a phrase is found nowhere.
window.splitQuery = (query) => {
  const { terms = {}, titleterms = {} } = Search._index ?? {};
  const isWord = (text) => Object.hasOwn(terms, text) || Object.hasOwn(titleterms, text);
  const cut = (text) => {
    const words = [];
    for (let start = 0; start < text.length; ) {
      let end = text.length;
      while (end > start && !isWord(text.slice(start, end))) end--;
      if (end > start) words.push(text.slice(start, end));
      start = Math.max(end, start + 1);
    }
    return words.length ? words : [text];
  };
  return query
    .split(/[^\p{Letter}\p{Number}_]+/gu)
    .flatMap((part) => part.split(/(\p{Script=Han}+)/gu))
    .filter(Boolean)
    .flatMap((part) => (/\p{Script=Han}/u.test(part) ? cut(part) : [part]));
};

// Sphinx 9.0 names this stemmer and does not bring it; the index has English words by their stems.
window.ChineseStemmer ??= function () {
  return new EnglishStemmer();
};

"""Word lists of the guards. Data only.

By language, for the sixteen of the local encoder (`tables` names and reads them):

- what may be left out: `function_words`, `courtesy_phrases`, `courtesies`, `edge_courtesies`
- who, when, whom and what is asked: `persons`, `tenses`, `role_marks`, `question_words`, `small_words`, and what is
  another form of a word or not: `word_forms`
- what makes another question: `opposites`, `logic_words` (not, all, he), `number_words`, `calendar_names`, `unit_names`
  with `unit_sizes`, `language_names`
- what depends on the moment or the caller: `time_words`, `live_words`, `personal_words`, `personal_questions`,
  `first_person`, except `generic_questions`

English and Chinese alone: `english`, `chinese`, `places`.
"""

import unittest

from wordcount import count


class Count(unittest.TestCase):
    def test_words_are_what_white_space_parts(self):
        for text, expected in [("", 0), ("one", 1), ("  two   words\n", 2)]:
            with self.subTest(text=text):
                self.assertEqual(count(text), expected)

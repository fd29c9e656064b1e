"""The rules' own assertions tell what they compared."""

import pytest

pytest.register_assert_rewrite("telling", "rules_of_telling", "rules_of_use")

"""The errors of this product: one tree, whose root is `ZdxError`.

ZdxError
├── InvalidTenant             zdx_provider.zidentity.tenant
├── InvalidCredentials        zdx_provider.zidentity.credentials
├── InvalidConnection         zdx_provider.zidentity.connection
└── ZIdentityError            zdx_provider.zidentity.errors draws this branch
"""


class ZdxError(Exception):
    """Something a user of this product can read and act on.

    `str()` of it is the whole message: what went wrong, then the next step.

    Args:
        problem: one sentence on what went wrong; never holds a secret.
        hint: one sentence on what to do about it.
    """

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem} {self.hint}".rstrip()

"""The vault's forms. Words and codes that open something are never printed back."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from testimony.vault import agefile, exports, recovery
from testimony.vault.models import Collection, Keyholder, RecoveryKey

MOST_TYPED = 400
_TAKEN_OUT: Final = "(a secret half)"
"""Stands in for a secret half that somebody pasted, from the first moment on."""


class PassphraseField(forms.CharField):
    """Six words, in any case and spacing, with or without accents. Never printed back."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "label": _("Your vault passphrase"),
                "help_text": _("Six words. Not your login password."),
                "widget": forms.PasswordInput(attrs={"autocomplete": "off"}),
                "max_length": MOST_TYPED,
                **kwargs,
            }
        )


class LanguageField(forms.ChoiceField):
    """Which list the new words are drawn from."""

    def __init__(self) -> None:
        super().__init__(label=_("Language of your words"), choices=settings.LANGUAGES)


class KeyholderChoice(forms.ModelChoiceField):
    """A keyholder, shown by the name the team knows."""

    def label_from_instance(self, obj: Keyholder) -> str:
        """Name, username and fingerprint: two people may share a name, and no two a key."""
        fingerprint = recovery.shown_fingerprint(obj)
        named = obj.user.get_full_name()
        username = obj.user.get_username()
        return f"{named} ({username}), {fingerprint}" if named else f"{username}, {fingerprint}"


class RecoveryKeyChoice(forms.ModelChoiceField):
    """A recovery key, by the fingerprint that is on its sheets."""

    def label_from_instance(self, obj: RecoveryKey) -> str:
        return recovery.in_groups(obj.fingerprint)


class KeyholdersChoice(forms.ModelMultipleChoiceField):
    """Several keyholders, shown the same way."""

    label_from_instance = KeyholderChoice.label_from_instance


class UnlockForm(forms.Form):
    """A collection, the six words, and why."""

    collection = forms.ModelChoiceField(
        label=_("Collection"), queryset=Collection.objects.order_by("name"), empty_label=None
    )
    passphrase = PassphraseField()
    reason = forms.CharField(
        label=_("Why you are opening it"),
        help_text=_("A short reason. It is kept in the audit log."),
        max_length=200,
    )


class EnrolForm(forms.Form):
    """Becoming a keyholder."""

    language = LanguageField()


class ChangeWordsForm(forms.Form):
    """New words for the same keys."""

    passphrase = PassphraseField(label=_("Your words now"))
    new_code = forms.BooleanField(
        label=_("Give me a new recovery code too"),
        help_text=_("If your kit was lost or seen. The old code then opens nothing."),
        required=False,
    )
    language = LanguageField()


class UnprintedInput(forms.PasswordInput):
    """Shows what is being typed, and never prints back what was sent."""

    input_type = "text"


class CodeForm(forms.Form):
    """The printed recovery code."""

    code = forms.CharField(
        label=_("Your recovery code"),
        help_text=_("Eight groups of five signs. Hyphens and capital letters do not matter."),
        widget=UnprintedInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        max_length=MOST_TYPED,
    )
    language = LanguageField()


class StartOverForm(forms.Form):
    """Giving up keys that can't be opened."""

    is_sure = forms.BooleanField(label=_("I can find neither my words nor my code. Start over."))
    language = LanguageField()


class CollectionForm(forms.ModelForm):
    """A new collection and its days."""

    class Meta:
        model = Collection
        fields = (
            "name",
            "run_by",
            "kept_where",
            "withdrawal_deadline",
            "destruction_date",
            "keep_months",
        )
        widgets = {
            name: forms.DateInput(attrs={"type": "date"})
            for name in ("withdrawal_deadline", "destruction_date")
        }

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        first, last = found.get("withdrawal_deadline"), found.get("destruction_date")
        if first and last and last < first:
            self.add_error(
                "destruction_date", _("This day must not be before the withdrawal deadline.")
            )
        return found


class BeginForm(forms.Form):
    """Who holds the keys of a new collection."""

    keyholders = KeyholdersChoice(
        label=_("Who holds the keys"),
        help_text=_("Two or three people. Each of them alone can open what is sent in."),
        queryset=Keyholder.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keyholders"].queryset = active_keyholders()  # type: ignore[attr-defined]


class GrantForm(forms.Form):
    """Letting another keyholder in."""

    keyholder = KeyholderChoice(
        label=_("Let in"),
        queryset=Keyholder.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
    )
    compared = forms.BooleanField(
        label=_("I compared their fingerprint with the one on their recovery kit."),
    )


class RecoveryKeyForm(forms.Form):
    """The public half of a recovery key."""

    public_half = forms.CharField(
        label=_("The public half"),
        help_text=_("The line that starts with attrk1, from the file public-half.txt."),
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        max_length=5_000,
    )


class TrustForm(forms.Form):
    """Putting a recovery key on a roster."""

    key = RecoveryKeyChoice(
        label=_("Recovery key"),
        queryset=RecoveryKey.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
    )
    compared = forms.BooleanField(
        label=_("I compared its fingerprint with the printed sheets, sign by sign.")
    )


class BundleForm(forms.Form):
    """Whom two sheets are to let in again."""

    key = RecoveryKeyChoice(
        label=_("Recovery key"),
        queryset=RecoveryKey.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
    )
    keyholder = KeyholderChoice(
        label=_("Whom the sheets let in"),
        queryset=Keyholder.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
    )


class AnswerForm(forms.Form):
    """The answer that two sheets made offline."""

    answer = forms.CharField(
        label=_("The answer"),
        help_text=_("Open the file with a text editor and paste all of it."),
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        max_length=4_000_000,
    )


class ExportForm(forms.Form):
    """Whom a copy is sealed to, and why. A secret half pasted by mistake is never printed back."""

    recipient = forms.CharField(
        label=_("The line that starts with age1"),
        help_text=_("The public half of the key you made offline. Never the key file."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
        max_length=MOST_TYPED,
    )
    reason = forms.CharField(
        label=_("Why you take a copy out"),
        help_text=_("A short reason. Your colleague reads it, and the audit log keeps it."),
        max_length=exports.LONGEST_REASON,
    )

    def __init__(self, data: Any = None) -> None:
        if data is not None and "AGE-SECRET-KEY" in str(data.get("recipient", "")).upper():
            data = data.copy()
            data["recipient"] = _TAKEN_OUT
        super().__init__(data)

    def clean_recipient(self) -> str:
        typed = str(self.cleaned_data["recipient"])
        if typed == _TAKEN_OUT:
            self.data["recipient"] = ""  # type: ignore[index]
            raise forms.ValidationError(
                _(
                    "That was the secret half. It must never come here, so that key is spent: "
                    "delete it and make a new one."
                )
            )
        # age-keygen writes “Public key:” before it. Copied along, it is no mistake.
        found = [word for word in typed.split() if word.startswith("age1")]
        recipient = found[0] if len(found) == 1 else typed
        try:
            agefile.check_recipient(recipient)
        except agefile.NotAKey:
            raise forms.ValidationError(
                _(
                    "This is not a whole public key. It starts with age1 and has 62 signs. "
                    "Please compare it with the line on the other computer."
                )
            ) from None
        return recipient


class ApproveForm(forms.Form):
    """A second keyholder's yes to a copy."""

    compared = forms.BooleanField(
        label=_("I compared the key with the one on the other computer, sign by sign."),
    )


class HoldForm(forms.Form):
    """A legal hold."""

    statement = forms.CharField(
        label=_("What we tell the public"),
        help_text=_("Who ordered what, in plain words. Shown where people check us out."),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=400,
    )
    stops_withdrawals = forms.BooleanField(
        label=_("It also forbids withdrawals"),
        help_text=_("Only if an order says so. Then the receipt page says so too."),
        required=False,
    )


class SureForm(forms.Form):
    """One more yes before something that can't be undone."""

    is_sure = forms.BooleanField(label=_("I am sure"))


def active_keyholders() -> Any:
    """Everybody who holds keys, by name."""
    return (
        Keyholder.objects.filter(state=Keyholder.State.ACTIVE)
        .select_related("user")
        .order_by("user__username")
    )

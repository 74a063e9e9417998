"""What the site writes to people about their accounts: each function returns subject and text."""

from urllib.parse import urlencode

from app.core.i18n import gettext as _

Letter = tuple[str, str]


def confirm_email(username: str, token: str, site_url: str) -> Letter:
    """The link that shows that an address is one's own."""
    text = _(
        "Hello %(name)s,\n\n"
        "please confirm that this is your e-mail address, so that answers reach you:\n\n"
        "%(url)s\n\n"
        "The link works once, for 24 hours.\n\n"
        "If you did not ask for this, somebody has mistyped their own address. You need not do anything.",
        name=username,
        url=_link(site_url, "/confirm-email", token),
    )
    return _("Please confirm your e-mail address"), text


def reset_password(username: str, token: str, site_url: str) -> Letter:
    """The link that sets a new password."""
    text = _(
        "Hello %(name)s,\n\n"
        "here you choose a new password:\n\n"
        "%(url)s\n\n"
        "The link works once, for one hour. Your present password stays until then.\n\n"
        "If you did not ask for this, you need not do anything: nobody but you has this link.",
        name=username,
        url=_link(site_url, "/reset-password", token),
    )
    return _("Choose a new password"), text


def password_changed(username: str) -> Letter:
    """Somebody, hopefully the owner, has set a new password."""
    text = _(
        "Hello %(name)s,\n\n"
        "your password was changed just now, and other browsers were signed out.\n\n"
        "If it was not you, please choose a new one at once: “Forgot your password?” beside the sign-in form "
        "sends a link to this address.",
        name=username,
    )
    return _("Your password was changed"), text


def email_changed(username: str, new: str) -> Letter:
    """Told to the old address, so that nobody loses an account unawares."""
    text = _(
        "Hello %(name)s,\n\n"
        "from now on, letters about your account go to %(new)s, as you asked, and no longer to this address.\n\n"
        "If it was not you who asked for this, please write to the people who run the site.",
        name=username,
        new=_veiled(new),
    )
    return _("Your e-mail address was changed"), text


def factor_added(username: str, what: str) -> Letter:
    """From now on a password alone is not enough, or there is one more way to show who one is."""
    text = _(
        "Hello %(name)s,\n\n"
        "%(what)s can be used now to sign in to your account. This was set up just now.\n\n"
        "If it was not you, please change your password at once, and look under “Security” in your settings.",
        name=username,
        what=what[:1].upper() + what[1:],
    )
    return _("A new way to show that it is you"), text


def factor_removed(username: str, what: str) -> Letter:
    """Something that guarded the account is gone."""
    text = _(
        "Hello %(name)s,\n\n"
        "%(what)s is not used for your account any more. It was taken away just now.\n\n"
        "If it was not you, please change your password at once, and look under “Security” in your settings.",
        name=username,
        what=what[:1].upper() + what[1:],
    )
    return _("Something that guarded your account was taken away"), text


def factors_reset(username: str) -> Letter:
    """Those who run the site have let somebody in again."""
    text = _(
        "Hello %(name)s,\n\n"
        "the people who run the site have taken away your authenticator app, your passkeys and your recovery codes, "
        "and signed you out everywhere. Now your password is enough to sign in. "
        "Please set up what you need again, under “Security” in your settings.\n\n"
        "If you did not ask for this, please write to them.",
        name=username,
    )
    return _("Your second factors were taken away"), text


def recovery_code_used(username: str, left: int) -> Letter:
    """A code that is kept for emergencies was used."""
    text = _(
        "Hello %(name)s,\n\n"
        "one of your recovery codes was used just now. Codes that are left: %(left)d. "
        "You can have new ones made under “Security” in your settings.\n\n"
        "If it was not you, please change your password at once, and have new codes made.",
        name=username,
        left=left,
    )
    return _("A recovery code was used"), text


def recovery_codes_renewed(username: str) -> Letter:
    """The old codes are worth nothing any more."""
    text = _(
        "Hello %(name)s,\n\n"
        "new recovery codes were made for your account just now; those you had before do not work any more.\n\n"
        "If it was not you, please change your password at once, and have new codes made.",
        name=username,
    )
    return _("You have new recovery codes"), text


def identity_linked(username: str, provider: str, label: str) -> Letter:
    """There is one more way into the account."""
    text = _(
        "Hello %(name)s,\n\n"
        "from now on you can sign in with your account at %(provider)s (%(label)s). It was linked just now.\n\n"
        "If it was not you, please change your password at once, and take the link away under “Security” in your "
        "settings.",
        name=username,
        provider=provider,
        label=label,
    )
    return _("A new way to sign in was linked"), text


def identity_unlinked(username: str, label: str) -> Letter:
    """There is one way less into the account."""
    text = _(
        "Hello %(name)s,\n\n"
        "your account elsewhere (%(label)s) does not open your account here any more. The link was taken away just "
        "now.\n\n"
        "If it was not you, please change your password at once.",
        name=username,
        label=label,
    )
    return _("A way to sign in was taken away"), text


def account_deleted(username: str) -> Letter:
    """The last letter."""
    text = _(
        "Hello %(name)s,\n\n"
        "your account is deleted, as you asked. What you wrote stays for those it helps, without your name. "
        "This is the last letter.\n\n"
        "If it was not you who asked for this, please write to the people who run the site.",
        name=username,
    )
    return _("Your account is deleted"), text


def _link(site_url: str, path: str, token: str) -> str:
    return f"{site_url.rstrip('/')}{path}?{urlencode({'token': token})}"


def _veiled(email: str) -> str:
    """An address that its owner knows again and a stranger cannot use."""
    name, _sign, host = email.partition("@")
    return f"{name[:1]}…@{host}"

from django.db import migrations, models


class Migration(migrations.Migration):
    """A page of information says which facts of the site it shows, each on one page at most."""

    dependencies = [("cms", "0002_quotations")]

    operations = [
        migrations.AddField(
            model_name="informationpage",
            name="shows",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "nothing more"),
                    ("check", "the facts of “check us out”"),
                    ("safety", "how to leave quickly and stay safe"),
                ],
                default="",
                help_text=(
                    "The site writes these facts from its own settings, each time somebody looks. "
                    "Once chosen it stays, and so do the page and its address."
                ),
                max_length=10,
                verbose_name="what it shows besides your words",
            ),
        ),
        migrations.AddConstraint(
            model_name="informationpage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("shows", ""), _negated=True),
                fields=("shows",),
                name="facts_are_shown_on_one_page",
            ),
        ),
    ]

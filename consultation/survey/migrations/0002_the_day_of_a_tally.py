"""Room for the day of a tally, which takes the place of its moment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("survey", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="tallyrun",
            name="created_on",
            field=models.DateField(null=True),
        ),
    ]

"""From here on no epoch is without an end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0003_rosters_and_expiry")]
    operations = [migrations.AlterField("epoch", "expires", models.DateField())]
